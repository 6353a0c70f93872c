-- Raw records, one partition per business day, made by usage_ensure_partition(). There is no default partition:
-- a record for a day without a partition is refused, never put aside.

CREATE TABLE data_usage_record (
    record_id       varchar(100) COLLATE "C" NOT NULL,
    usage_date      timestamptz NOT NULL,
    subscription_id bigint NOT NULL,
    price           numeric(14, 4) NOT NULL,
    kilobytes_used  bigint NOT NULL,
    PRIMARY KEY (record_id, usage_date, subscription_id)
) PARTITION BY RANGE (usage_date);

CREATE TABLE voice_usage_record (
    record_id       varchar(100) COLLATE "C" NOT NULL,
    usage_date      timestamptz NOT NULL,
    subscription_id bigint NOT NULL,
    price           numeric(14, 4) NOT NULL,
    seconds_used    bigint NOT NULL,
    PRIMARY KEY (record_id, usage_date, subscription_id)
) PARTITION BY RANGE (usage_date);

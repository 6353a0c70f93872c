-- Raw records of SMS, with a partition for each day that has one of data.
SET LOCAL lock_timeout = '1s';

CREATE TABLE wingtel_sms_usage_record (
    -- squawk-ignore prefer-text-field -- as in the other raw tables
    record_id       varchar(100) COLLATE "C" NOT NULL,
    usage_date      timestamptz NOT NULL,
    subscription_id bigint NOT NULL,
    price           numeric(18, 8) NOT NULL DEFAULT 0,
    messages_sent   bigint NOT NULL,
    source          bigint,
    CONSTRAINT sms_usage_record_quantity CHECK (messages_sent BETWEEN -1000000000000000 AND 1000000000000000),
    PRIMARY KEY (record_id, usage_date, subscription_id)
) PARTITION BY RANGE (usage_date);

DO $$
DECLARE
    known record;
    partition text;
BEGIN
    FOR known IN
        SELECT day, state
        FROM wingtel_usage_day
        WHERE to_regclass('wingtel_data_usage_record_' || to_char(day, 'YYYYMMDD')) IS NOT NULL
    LOOP
        partition := 'wingtel_sms_usage_record_' || to_char(known.day, 'YYYYMMDD');
        EXECUTE format('CREATE TABLE %I (LIKE wingtel_sms_usage_record INCLUDING ALL)', partition);
        EXECUTE format('ALTER TABLE wingtel_sms_usage_record ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       partition, usage_day_start(known.day), usage_day_start(known.day + 1));
        IF known.state <> 'open' THEN  -- a late record reopens a sealed day
            EXECUTE format('CREATE TRIGGER reopen_day BEFORE INSERT OR UPDATE OR DELETE ON %I
                            FOR EACH ROW EXECUTE FUNCTION usage_reopen_day(%L)', partition, known.day);
            EXECUTE format('CREATE TRIGGER reopen_day_emptied BEFORE TRUNCATE ON %I
                            FOR EACH STATEMENT EXECUTE FUNCTION usage_reopen_day(%L)', partition, known.day);
        END IF;
    END LOOP;
END $$;

-- squawk-ignore-file -- every table is new and empty

-- The stored aggregates. A row is changed once for every batch of records that adds to it. So half of each page is kept free for the new
-- versions (heap-only updates), and nothing that changes often is indexed. There are no checks: only our own statements write these tables,
-- and each would prepare the checks anew, which took two fifths of counting one record.

CREATE TABLE wingtel_daily_usage (
    subscription_id bigint NOT NULL,
    usage_type      text COLLATE "C" NOT NULL,
    day             date NOT NULL,
    used            numeric(38, 0) NOT NULL,
    price           numeric(38, 8) NOT NULL,
    records         bigint NOT NULL,
    PRIMARY KEY (subscription_id, usage_type, day)
) WITH (fillfactor = 50);

-- Days arrive in order, so a block range index finds the rows of a few days at almost no cost to the writer.
CREATE INDEX daily_usage_day ON wingtel_daily_usage USING brin (day) WITH (pages_per_range = 32);

-- The subscriptions that reached a price limit in a month are found by an upper bound of the price: a price that grows below its bound
-- leaves the index alone. See docs/decisions/0003.
CREATE TABLE wingtel_monthly_usage (
    subscription_id      bigint NOT NULL,
    usage_type           text COLLATE "C" NOT NULL,
    month                date NOT NULL,
    used                 numeric(38, 0) NOT NULL,
    price                numeric(38, 8) NOT NULL,
    records              bigint NOT NULL,
    price_upper_bound    numeric(38, 8) NOT NULL,
    previous_upper_bound numeric(38, 8),  -- before the last change of the row, to change the bounds of all months by the difference
    PRIMARY KEY (subscription_id, usage_type, month)
) WITH (fillfactor = 50);

-- On month + 0, so that only the statements that name it use it: while a table is growing, the planner would take it for as good as the
-- primary key to find one row.
CREATE INDEX monthly_usage_upper_bound ON wingtel_monthly_usage ((month + 0), usage_type, price_upper_bound);

-- Bounds of what a subscription paid in all its months: the sums of the bounds of the months. See docs/decisions/0008. Numeric without a
-- limit, so that adding and taking away cancel exactly.
CREATE TABLE wingtel_lifetime_usage (
    subscription_id   bigint NOT NULL,
    usage_type        text COLLATE "C" NOT NULL,
    price_lower_bound numeric NOT NULL,
    price_upper_bound numeric NOT NULL,
    PRIMARY KEY (subscription_id, usage_type)
) WITH (fillfactor = 80);

CREATE INDEX lifetime_usage_upper_bound ON wingtel_lifetime_usage (usage_type, price_upper_bound);

-- Return true if changes of aggregates are logged for change capture. Statements are planned without the log while they are not.
CREATE FUNCTION usage_capture_enabled() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT false $$;

-- The log of change capture: a row for each statement and day. Without `subscriptions` the whole month of the day may have changed for
-- all subscriptions, without `day` everything. Appended to by every writer and read whole, so it has no index.
CREATE TABLE wingtel_usage_change (
    day           date,
    subscriptions bigint[]
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
ALTER TABLE wingtel_usage_change ALTER subscriptions SET STORAGE EXTERNAL;

-- The pending deltas of the strategy `incremental`. A row holds the changes of a statement to a day, an element for each raw record:
-- `records` of them were added, or taken away if negative. Written once and read whole, so it has no index, and compressing it would take
-- longer than writing it. See docs/decisions/0011.
CREATE TABLE wingtel_usage_delta (
    usage_type    text COLLATE "C" NOT NULL,
    day           date NOT NULL,
    subscriptions bigint[] NOT NULL,
    used          bigint[] NOT NULL,
    prices        numeric[] NOT NULL,
    records       bigint NOT NULL,
    since         timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
ALTER TABLE wingtel_usage_delta
    ALTER subscriptions SET STORAGE EXTERNAL,
    ALTER used SET STORAGE EXTERNAL,
    ALTER prices SET STORAGE EXTERNAL;

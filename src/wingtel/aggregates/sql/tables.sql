-- The stored aggregates. A row is changed once for every batch of records that adds to it, so half of each page is
-- kept free for the new versions (heap-only updates), and nothing that changes often is indexed.

CREATE TABLE daily_usage (
    subscription_id bigint NOT NULL,
    usage_type      text COLLATE "C" NOT NULL CHECK (usage_type IN ('data', 'voice')),
    day             date NOT NULL,
    used            bigint NOT NULL,
    price           numeric(20, 4) NOT NULL,
    records         bigint NOT NULL,
    PRIMARY KEY (subscription_id, usage_type, day)
) WITH (fillfactor = 50);

-- Days arrive in order, so a block range index finds the rows of a few days at almost no cost to the writer.
CREATE INDEX daily_usage_day ON daily_usage USING brin (day) WITH (pages_per_range = 32);

-- Who reached a price limit in a month is answered from an index on the price's band, not on the price itself: a
-- price that grows within its band leaves the index alone. See docs/decisions/0003.
CREATE TABLE monthly_usage (
    subscription_id bigint NOT NULL,
    usage_type      text COLLATE "C" NOT NULL CHECK (usage_type IN ('data', 'voice')),
    month           date NOT NULL CHECK (extract(day FROM month) = 1),
    used            bigint NOT NULL,
    price           numeric(20, 4) NOT NULL,
    records         bigint NOT NULL,
    price_band      integer NOT NULL GENERATED ALWAYS AS (usage_price_band(price)) STORED,
    PRIMARY KEY (subscription_id, usage_type, month)
) WITH (fillfactor = 50);

CREATE INDEX monthly_usage_band ON monthly_usage (month, usage_type, price_band);

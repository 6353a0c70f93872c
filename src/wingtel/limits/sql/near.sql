-- Subscriptions that can reach the next level of a limit by calendar month without a price leaving its ceiling: at least these, in each
-- month from limit_evaluation.near_since on. With them the lowest levels that are not reached: of both usage types together, of data and of
-- voice, in the operator's currency; null where there is none. See docs/decisions/0030.
CREATE TABLE limit_near (
    month           date NOT NULL,
    subscription_id bigint NOT NULL,
    next_price      numeric,
    next_data       numeric,
    next_voice      numeric,
    PRIMARY KEY (month, subscription_id)
) WITH (fillfactor = 80);

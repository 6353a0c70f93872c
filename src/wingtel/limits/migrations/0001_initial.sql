-- squawk-ignore-file -- every table is new and empty

-- Subscriptions to which other limits apply than before, or other billing cycles, until the next evaluation.
CREATE TABLE wingtel_limit_plan_change (subscription_id bigint NOT NULL);

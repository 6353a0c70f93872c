-- A database that knows the first migrations alone gets a day's partitions, records, and their sums.

CREATE TABLE wingtel_data_usage_record_20260310 (LIKE wingtel_data_usage_record INCLUDING ALL);
CREATE TABLE wingtel_voice_usage_record_20260310 (LIKE wingtel_voice_usage_record INCLUDING ALL);
ALTER TABLE wingtel_data_usage_record ATTACH PARTITION wingtel_data_usage_record_20260310
    FOR VALUES FROM ('2026-03-10 00:00Z') TO ('2026-03-11 00:00Z');
ALTER TABLE wingtel_voice_usage_record ATTACH PARTITION wingtel_voice_usage_record_20260310
    FOR VALUES FROM ('2026-03-10 00:00Z') TO ('2026-03-11 00:00Z');
INSERT INTO wingtel_usage_day (day) VALUES ('2026-03-10');

INSERT INTO wingtel_plan (id, name, price, data_available) VALUES (1, 'Gold', 10, 1000);
INSERT INTO wingtel_subscription
    (id, carrier, status, device_id, phone_number, phone_model, network_type, sprint_id, effective_date, plan_id)
VALUES (1, 'att', 'active', 'd1', '+12025550100', '', '5G', '', '2026-03-01 00:00Z', 1),
       (2, 'sprint', 'new', '', '', '', '', 's2', NULL, NULL);
INSERT INTO wingtel_subscription_identifier (subscription_id, kind, value, valid_from)
VALUES (1, 'msisdn', '+12025550100', '2026-03-01 00:00Z'), (1, 'device_id', 'd1', '2026-03-01 00:00Z');
INSERT INTO wingtel_subscription_plan (subscription_id, plan_id, valid_from) VALUES (1, 1, '2026-03-01 00:00Z');

INSERT INTO wingtel_data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used)
VALUES ('d1', '2026-03-10 00:00Z', 1, 0.5, 100),
       ('d2', '2026-03-10 23:59Z', 1, 0.25, 50),
       ('d3', '2026-03-10 12:00Z', 2, 1, 7);
INSERT INTO wingtel_voice_usage_record (record_id, usage_date, subscription_id, price, seconds_used)
VALUES ('v1', '2026-03-10 12:00Z', 2, 3, 60);

INSERT INTO wingtel_daily_usage (subscription_id, usage_type, day, used, price, records)
VALUES (1, 'data', '2026-03-10', 150, 0.75, 2), (2, 'data', '2026-03-10', 7, 1, 1), (2, 'voice', '2026-03-10', 60, 3, 1);
INSERT INTO wingtel_monthly_usage (subscription_id, usage_type, month, used, price, records, price_upper_bound)
SELECT subscription_id, usage_type, '2026-03-01', used, price, records, price + 0.5 FROM wingtel_daily_usage;
INSERT INTO wingtel_lifetime_usage (subscription_id, usage_type, price_lower_bound, price_upper_bound)
SELECT subscription_id, usage_type, price_upper_bound - 0.5, price_upper_bound FROM wingtel_monthly_usage;

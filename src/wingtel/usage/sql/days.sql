-- The days that have partitions already.
INSERT INTO usage_day (day)
SELECT DISTINCT to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD')
FROM pg_inherits
WHERE inhparent IN ('data_usage_record'::regclass, 'voice_usage_record'::regclass);

-- Prices with eight decimals, and a largest quantity for each record. See docs/decisions/0033.

-- They are made anew with the functions.
DROP VIEW IF EXISTS usage_monthly, usage_daily, usage_unsealed, usage_source;

ALTER TABLE data_usage_record ALTER COLUMN price TYPE numeric(18, 8);
ALTER TABLE voice_usage_record ALTER COLUMN price TYPE numeric(18, 8);
ALTER TABLE usage_adjustment ALTER COLUMN price TYPE numeric(18, 8);

-- Records that are there stay, however large: the constraint is validated where there are none. An adjustment of any size can be
-- reversed.
DO $$
DECLARE
    relation text;
    quantity text;
    condition text;
BEGIN
    FOR relation, quantity, condition IN VALUES
        ('data_usage_record', 'kilobytes_used', '%I BETWEEN -1000000000000000 AND 1000000000000000'),
        ('voice_usage_record', 'seconds_used', '%I BETWEEN -1000000000000000 AND 1000000000000000'),
        ('usage_adjustment', 'used', '%I BETWEEN -1000000000000000 AND 1000000000000000 OR reverses_id IS NOT NULL')
    LOOP
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I CHECK (' || condition || ') NOT VALID',
                       relation, relation || '_quantity', quantity);
        BEGIN
            EXECUTE format('ALTER TABLE %I VALIDATE CONSTRAINT %I', relation, relation || '_quantity');
        EXCEPTION WHEN check_violation THEN
            RAISE WARNING '% has records of more than 10^15: `wingtel check` says how to find them', relation;
        END;
    END LOOP;
END $$;

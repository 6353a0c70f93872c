-- A limit that is new, or says something else than before, has to be evaluated for everybody: from today on, unless it says since when.
CREATE OR REPLACE FUNCTION limit_note_terms() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.pending := true;
        NEW.starts := coalesce(NEW.starts, usage_business_day(now()));
    ELSIF ROW(NEW.plan_id, NEW.subscription_id, NEW.usage_type, NEW.period, NEW.amount, NEW.thresholds, NEW.starts, NEW.deleted_at)
          IS DISTINCT FROM
          ROW(OLD.plan_id, OLD.subscription_id, OLD.usage_type, OLD.period, OLD.amount, OLD.thresholds, OLD.starts, OLD.deleted_at) THEN
        NEW.pending := NEW.deleted_at IS NULL;
        IF NEW.starts IS NULL OR NEW.starts = OLD.starts AND NEW.deleted_at IS NULL THEN
            NEW.starts := greatest(OLD.starts, usage_business_day(now()));
        END IF;
    END IF;
    RETURN NEW;
END $$;
UPDATE price_limit SET pending = false WHERE pending AND deleted_at IS NOT NULL;

-- What limits need in the database besides their tables.

-- The first day of the billing cycle that begins in a month.
CREATE FUNCTION limit_cycle_start(month date, starts_on integer) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT month + least(starts_on, usage_month(month + 31) - month) - 1
$$;

-- The billing cycle that a business day lies in. Cycles start on the day of the month on which the subscription became effective, or on the
-- last day of months that have no such day: from the 31st, they start on 31 January, 28 February, 31 March. Before it became effective
-- they are counted in the same way.
CREATE FUNCTION limit_cycle(of_day date, starts_on integer) RETURNS TABLE (first date, last date)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT CASE WHEN of_day >= this.start THEN this.start ELSE limit_cycle_start(usage_month(this.month - 1), starts_on) END,
           CASE WHEN of_day >= this.start THEN limit_cycle_start(usage_month(this.month + 31), starts_on) ELSE this.start END - 1
    FROM (SELECT usage_month(of_day) AS month, limit_cycle_start(usage_month(of_day), starts_on) AS start) AS this
$$;

-- A limit that is new, or says something else than before, has to be evaluated for everybody: from today on, unless it says since when.
CREATE FUNCTION limit_note_terms() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.pending := true;
        NEW.starts := coalesce(NEW.starts, usage_business_day(now()));
    ELSIF ROW(NEW.plan_id, NEW.subscription_id, NEW.usage_type, NEW.per, NEW.amount, NEW.warn_at, NEW.starts, NEW.deleted_at)
          IS DISTINCT FROM
          ROW(OLD.plan_id, OLD.subscription_id, OLD.usage_type, OLD.per, OLD.amount, OLD.warn_at, OLD.starts, OLD.deleted_at) THEN
        NEW.pending := true;
        IF NEW.starts IS NULL OR NEW.starts = OLD.starts AND NEW.deleted_at IS NULL THEN
            NEW.starts := greatest(OLD.starts, usage_business_day(now()));
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER note_terms BEFORE INSERT OR UPDATE ON price_limit
    FOR EACH ROW EXECUTE FUNCTION limit_note_terms();

-- Subscriptions to which other limits apply than before, or other cycles.
CREATE TABLE limit_moved_subscription (subscription_id bigint NOT NULL);

CREATE FUNCTION limit_note_subscription() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO limit_moved_subscription (subscription_id)
    SELECT NEW.id WHERE EXISTS (SELECT FROM price_limit WHERE deleted_at IS NULL);
    RETURN NULL;
END $$;
CREATE TRIGGER note_limits AFTER UPDATE OF plan_id, effective_date ON subscription
    FOR EACH ROW WHEN (ROW(OLD.plan_id, OLD.effective_date) IS DISTINCT FROM ROW(NEW.plan_id, NEW.effective_date))
    EXECUTE FUNCTION limit_note_subscription();

-- Functions of price limits, and the triggers beside them. Applied after every migration, so this file is what the database holds.

-- Return the first day of the billing cycle that begins in a month.
CREATE OR REPLACE FUNCTION limit_cycle_start(month date, starts_on integer) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT month + least(starts_on, usage_month(month + 31) - month) - 1
$$;

-- Return the billing cycle that contains a business day. Cycles start on the day of the month on which the subscription became effective,
-- or on the last day of months that have no such day: from the 31st, they start on 31 January, 28 February, 31 March. Before it became
-- effective they are counted in the same way.
CREATE OR REPLACE FUNCTION limit_cycle(of_day date, starts_on integer) RETURNS TABLE (first date, last date)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT CASE WHEN of_day >= this.start THEN this.start ELSE limit_cycle_start(usage_month(this.month - 1), starts_on) END,
           CASE WHEN of_day >= this.start THEN limit_cycle_start(usage_month(this.month + 31), starts_on) ELSE this.start END - 1
    FROM (SELECT usage_month(of_day) AS month, limit_cycle_start(usage_month(of_day), starts_on) AS start) AS this
$$;

-- Mark a limit that is new, or whose terms changed, as pending: it is evaluated for all subscriptions. It counts from today on, unless
-- `starts` is given.
CREATE OR REPLACE FUNCTION limit_set_pending() RETURNS trigger
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
CREATE OR REPLACE TRIGGER set_pending BEFORE INSERT OR UPDATE ON wingtel_price_limit
    FOR EACH ROW EXECUTE FUNCTION limit_set_pending();

-- Log a subscription whose plan or billing cycle changed, while there are limits.
CREATE OR REPLACE FUNCTION limit_log_plan_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO wingtel_limit_plan_change (subscription_id)
    SELECT NEW.id WHERE EXISTS (SELECT FROM wingtel_price_limit WHERE deleted_at IS NULL);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER log_plan_change AFTER UPDATE OF plan_id, effective_date ON wingtel_subscription
    FOR EACH ROW WHEN (ROW(OLD.plan_id, OLD.effective_date) IS DISTINCT FROM ROW(NEW.plan_id, NEW.effective_date))
    EXECUTE FUNCTION limit_log_plan_change();

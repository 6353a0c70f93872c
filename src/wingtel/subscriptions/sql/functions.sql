-- Dated identifiers and plans, and the columns of a subscription that show the current ones. This file is applied after every migration.
-- The rules, for people, are in docs/subscriptions.md:
--
-- 1. A value that is written into a column begins, and the one that the column showed ends: now, or on a future effective date.
-- 2. A column shows its value until that ends. Then it shows another of its kind that holds, or the next to begin, or nothing.
-- 3. A deleted subscription holds nothing any more, and its columns stay.

-- Return the normal form of a column's value, as far as possible without a country.
CREATE OR REPLACE FUNCTION subscription_normal_form(kind text, written text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN kind = 'msisdn' THEN regexp_replace(regexp_replace(written, '[ \u00a0()/-]', '', 'g'), '^(\+|00)?', '+')
                ELSE btrim(written) END
$$;

-- Store numbers in the form of lookups, whatever writes them. National ones are not recognised here, but by the API, the commands and
-- the admin.
CREATE OR REPLACE FUNCTION subscription_normalise_number() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.phone_number := subscription_normal_form('msisdn', NEW.phone_number);
    RETURN NEW;
END $$;

-- Return the identifiers that a subscription shows.
CREATE OR REPLACE FUNCTION subscription_current_identifiers(subject wingtel_subscription) RETURNS TABLE (kind text, value text)
LANGUAGE sql STABLE ROWS 2 AS $$
    SELECT shown.kind, subscription_normal_form(shown.kind, shown.written)
    FROM (VALUES ('msisdn', subject.phone_number), ('imsi', subject.imsi), ('iccid', subject.iccid),
                 ('device_id', subject.device_id), ('external_id', subject.external_id)) AS shown (kind, written)
    WHERE shown.written <> ''
$$;

-- Return the plan of a subscription: the one at a timestamp, or the next one.
CREATE OR REPLACE FUNCTION subscription_current_plan(of_subscription bigint, at timestamptz) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT plan_id
    FROM wingtel_subscription_plan
    WHERE subscription_id = of_subscription AND coalesce(valid_to > at, true)
    ORDER BY valid_from NULLS FIRST
    LIMIT 1
$$;

-- Return the subscription that holds an identifier at a timestamp. To join many, join wingtel_subscription_identifier on the same condition.
CREATE OR REPLACE FUNCTION subscription_at(of_kind text, of_value text, at timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT subscription_id
    FROM wingtel_subscription_identifier
    WHERE kind = of_kind AND value = of_value AND tstzrange(valid_from, valid_to) @> at
$$;

-- Return the plan of a subscription at a timestamp. To join many, join wingtel_subscription_plan on the same condition.
CREATE OR REPLACE FUNCTION plan_at(of_subscription bigint, at timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT plan_id FROM wingtel_subscription_plan WHERE subscription_id = of_subscription AND tstzrange(valid_from, valid_to) @> at
$$;

-- Assign identifiers; refuse them all if one is assigned at the time. With ON CONFLICT two transactions that assign the same wait for each
-- other, where a bare INSERT could deadlock.
CREATE OR REPLACE FUNCTION subscription_assign(
    ids bigint[], kinds text[], normal_forms text[], begins timestamptz[], ends timestamptz[]
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    taken record;
BEGIN
    WITH wanted AS MATERIALIZED (
        SELECT * FROM unnest(ids, kinds, normal_forms, begins, ends) AS row (subscription_id, kind, value, valid_from, valid_to)
    ),
    assigned AS (
        INSERT INTO wingtel_subscription_identifier (subscription_id, kind, value, valid_from, valid_to)
        SELECT * FROM wanted ORDER BY kind, value
        ON CONFLICT DO NOTHING
        RETURNING kind, value
    )
    SELECT kind, value INTO taken FROM wanted EXCEPT ALL SELECT kind, value FROM assigned LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% % is assigned at that time', taken.kind, taken.value
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'subscription_identifier_once', COLUMN = taken.kind,
                  HINT = 'End that assignment first, or move it.';
    END IF;
END $$;

-- Give a subscription a plan, or none, for a period; its other plans are cut off around it.
CREATE OR REPLACE FUNCTION subscription_change_plan(
    of_subscription bigint, to_plan bigint, begins timestamptz, ends timestamptz
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    period CONSTANT tstzrange := tstzrange(begins, ends);
    rest record;
BEGIN
    PERFORM FROM wingtel_subscription WHERE id = of_subscription FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM wingtel_subscription_plan
               WHERE subscription_id = of_subscription AND plan_id = to_plan AND tstzrange(valid_from, valid_to) @> period) THEN
        RETURN;
    END IF;
    WITH former AS (
        DELETE FROM wingtel_subscription_plan
        WHERE subscription_id = of_subscription AND tstzrange(valid_from, valid_to) && period
        RETURNING *
    )
    SELECT array_agg(plan_id) AS plans, array_agg(lower(part)) AS begins, array_agg(upper(part)) AS ends,
           array_agg(created_at) AS created INTO rest
    FROM former
    CROSS JOIN LATERAL unnest(tstzmultirange(tstzrange(valid_from, valid_to)) - tstzmultirange(period)) AS part;
    INSERT INTO wingtel_subscription_plan (subscription_id, plan_id, valid_from, valid_to, created_at)
    SELECT of_subscription, kept.* FROM unnest(rest.plans, rest.begins, rest.ends, rest.created) AS kept
    UNION ALL
    SELECT of_subscription, to_plan, begins, ends, statement_timestamp() WHERE to_plan IS NOT NULL;
END $$;

-- Begin what new subscriptions show on their effective date. If that is not known, an identifier begins when it last ended.
CREATE OR REPLACE FUNCTION subscription_create_assignments() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM subscription_assign(array_agg(id), array_agg(kind), array_agg(value), array_agg(begins), array_agg(deleted_at))
    FROM (
        SELECT subscription.id, shown.kind, shown.value, subscription.deleted_at,
               coalesce(subscription.effective_date,
                        (SELECT max(earlier.valid_to)
                         FROM wingtel_subscription_identifier AS earlier
                         WHERE earlier.kind = shown.kind AND earlier.value = shown.value
                           AND earlier.valid_to <= clock_timestamp())) AS begins
        FROM wingtel_subscription AS subscription CROSS JOIN LATERAL subscription_current_identifiers(subscription) AS shown
        WHERE subscription.id IN (SELECT id FROM created)
    ) AS wanted
    WHERE (begins < deleted_at) IS NOT FALSE
    HAVING count(*) > 0;
    INSERT INTO wingtel_subscription_plan (subscription_id, plan_id, valid_from, valid_to)
    SELECT id, plan_id, effective_date, deleted_at
    FROM created
    WHERE plan_id IS NOT NULL AND (effective_date < deleted_at) IS NOT FALSE;
    RETURN NULL;
END $$;

-- End all that a subscription holds, and delete what would have begun later. It is one statement, so that no trigger sees a part of it.
CREATE OR REPLACE FUNCTION subscription_end(of_subscription bigint, at timestamptz) RETURNS void
LANGUAGE sql AS $$
    WITH planned AS (
        DELETE FROM wingtel_subscription_identifier WHERE subscription_id = of_subscription AND valid_from >= at
    ),
    planned_plans AS (
        DELETE FROM wingtel_subscription_plan WHERE subscription_id = of_subscription AND valid_from >= at
    ),
    ended_plans AS (
        UPDATE wingtel_subscription_plan SET valid_to = at
        WHERE subscription_id = of_subscription AND coalesce(valid_from < at, true) AND coalesce(valid_to > at, true)
    )
    UPDATE wingtel_subscription_identifier SET valid_to = at
    WHERE subscription_id = of_subscription AND coalesce(valid_from < at, true) AND coalesce(valid_to > at, true)
$$;

-- Date what is written into the columns of a subscription. Do nothing if a column only follows its dated rows.
CREATE OR REPLACE FUNCTION subscription_date_changes() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    at CONSTANT timestamptz := clock_timestamp();
    begins CONSTANT timestamptz := greatest(at, NEW.effective_date);
BEGIN
    IF NEW.effective_date IS DISTINCT FROM OLD.effective_date THEN  -- what began with the subscription still does
        UPDATE wingtel_subscription_identifier SET valid_from = NEW.effective_date
        WHERE subscription_id = NEW.id AND valid_from IS NOT DISTINCT FROM OLD.effective_date;
        UPDATE wingtel_subscription_plan SET valid_from = NEW.effective_date
        WHERE subscription_id = NEW.id AND valid_from IS NOT DISTINCT FROM OLD.effective_date;
    END IF;
    IF NEW.deleted_at IS NOT NULL THEN
        PERFORM subscription_end(NEW.id, NEW.deleted_at);
        RETURN NULL;
    END IF;
    PERFORM subscription_assign(array_agg(NEW.id), array_agg(kind), array_agg(value), array_agg(begins), array_agg(NULL::timestamptz))
    FROM subscription_current_identifiers(NEW) AS shown
    WHERE (kind, value) NOT IN (SELECT * FROM subscription_current_identifiers(OLD) WHERE OLD.deleted_at IS NULL)
      AND NOT EXISTS (SELECT FROM wingtel_subscription_identifier AS held
                      WHERE held.subscription_id = NEW.id AND held.kind = shown.kind AND held.value = shown.value
                        AND coalesce(held.valid_to > at, true))
    HAVING count(*) > 0;
    WITH former AS MATERIALIZED (
        SELECT id, coalesce(valid_from < at, true) AS has_begun
        FROM wingtel_subscription_identifier
        WHERE subscription_id = NEW.id AND coalesce(valid_to > at, true)
          AND (kind, value) IN (SELECT * FROM subscription_current_identifiers(OLD) EXCEPT SELECT * FROM subscription_current_identifiers(NEW))
    ),
    planned AS (DELETE FROM wingtel_subscription_identifier WHERE id IN (SELECT id FROM former WHERE NOT has_begun))
    UPDATE wingtel_subscription_identifier SET valid_to = at WHERE id IN (SELECT id FROM former WHERE has_begun);
    IF NEW.plan_id IS DISTINCT FROM subscription_current_plan(NEW.id, at) THEN
        PERFORM subscription_change_plan(NEW.id, NEW.plan_id, begins, NULL);
    END IF;
    RETURN NULL;
END $$;

-- Let one transaction at a time change what a subscription holds, by writing its row: a later one waits, and above READ COMMITTED fails.
-- A row that this transaction wrote is not written again. Refuse what outlives a deleted subscription.
CREATE OR REPLACE FUNCTION subscription_lock(ids bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    deleted record;
BEGIN
    UPDATE wingtel_subscription AS subscription SET updated_at = updated_at
    FROM (SELECT id FROM wingtel_subscription
          WHERE id = ANY (ids) AND xmin <> pg_current_xact_id()::xid
          ORDER BY id FOR NO KEY UPDATE) AS locked
    WHERE subscription.id = locked.id;
    SELECT subscription.id, subscription.deleted_at INTO deleted
    FROM wingtel_subscription AS subscription
    CROSS JOIN LATERAL (
        SELECT valid_to FROM wingtel_subscription_identifier WHERE subscription_id = subscription.id
        UNION ALL
        SELECT valid_to FROM wingtel_subscription_plan WHERE subscription_id = subscription.id
    ) AS held
    WHERE subscription.id = ANY (ids) AND subscription.deleted_at IS NOT NULL
      AND coalesce(held.valid_to > subscription.deleted_at, true)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'subscription % was deleted at %', deleted.id, deleted.deleted_at
            USING ERRCODE = 'check_violation', CONSTRAINT = 'subscription_not_deleted', HINT = 'It holds nothing after that.';
    END IF;
END $$;

-- Show other identifiers of some kinds instead of those that do not hold any more.
CREATE OR REPLACE FUNCTION subscription_update_current(ids bigint[], kinds text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    at CONSTANT timestamptz := clock_timestamp();
BEGIN
    UPDATE wingtel_subscription AS subscription
    SET phone_number = coalesce(next.msisdn, phone_number), imsi = coalesce(next.imsi, subscription.imsi),
        iccid = coalesce(next.iccid, subscription.iccid), device_id = coalesce(next.device_id, subscription.device_id),
        external_id = coalesce(next.external_id, subscription.external_id)
    FROM (
        SELECT id, max(value) FILTER (WHERE kind = 'msisdn') AS msisdn, max(value) FILTER (WHERE kind = 'imsi') AS imsi,
               max(value) FILTER (WHERE kind = 'iccid') AS iccid, max(value) FILTER (WHERE kind = 'device_id') AS device_id,
               max(value) FILTER (WHERE kind = 'external_id') AS external_id
        FROM (
            SELECT subject.id, changed.kind, coalesce((
                SELECT value
                FROM wingtel_subscription_identifier AS held
                WHERE held.subscription_id = subject.id AND held.kind = changed.kind AND coalesce(held.valid_to > at, true)
                ORDER BY coalesce(valid_from > at, false), CASE WHEN valid_from > at THEN valid_from END,
                         valid_from DESC NULLS LAST, held.id DESC
                LIMIT 1
            ), '') AS value
            FROM unnest(ids, kinds) AS changed (id, kind) JOIN wingtel_subscription AS subject USING (id)
            WHERE subject.deleted_at IS NULL AND NOT EXISTS (
                SELECT
                FROM subscription_current_identifiers(subject) AS shown
                JOIN wingtel_subscription_identifier AS held
                    ON held.subscription_id = subject.id AND held.kind = shown.kind AND held.value = shown.value
                WHERE shown.kind = changed.kind AND coalesce(held.valid_to > at, true)
            )
        ) AS best
        GROUP BY id
    ) AS next
    WHERE subscription.id = next.id;
END $$;

CREATE OR REPLACE FUNCTION subscription_update_current_identifiers() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM subscription_lock(array_agg(DISTINCT subscription_id)) FROM changed HAVING count(*) > 0;
    PERFORM subscription_update_current(array_agg(subscription_id), array_agg(kind))
    FROM (SELECT DISTINCT subscription_id, kind FROM changed) AS pair
    HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION subscription_update_current_plans() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    ids CONSTANT bigint[] := ARRAY(SELECT DISTINCT subscription_id FROM changed);
    at CONSTANT timestamptz := clock_timestamp();
BEGIN
    PERFORM subscription_lock(ids);
    UPDATE wingtel_subscription SET plan_id = subscription_current_plan(id, at)
    WHERE id = ANY (ids) AND deleted_at IS NULL AND plan_id IS DISTINCT FROM subscription_current_plan(id, at);
    RETURN NULL;
END $$;

-- Update the columns after planned ends since a timestamp, which came without a write. Return how many subscriptions changed.
CREATE OR REPLACE FUNCTION subscription_refresh(since timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    at CONSTANT timestamptz := clock_timestamp();
    ended record;
    ended_plans bigint[];
BEGIN
    SELECT array_agg(id) AS ids, array_agg(kind) AS kinds INTO ended
    FROM (
        SELECT DISTINCT subscription.id, former.kind
        FROM wingtel_subscription_identifier AS former
        JOIN wingtel_subscription AS subscription ON subscription.id = former.subscription_id
        JOIN LATERAL subscription_current_identifiers(subscription) AS shown ON shown.kind = former.kind AND shown.value = former.value
        WHERE former.valid_to > since AND former.valid_to <= at AND subscription.deleted_at IS NULL
          AND NOT EXISTS (SELECT FROM wingtel_subscription_identifier AS held
                          WHERE held.subscription_id = former.subscription_id AND held.kind = former.kind
                            AND held.value = former.value AND coalesce(held.valid_to > at, true))
    ) AS pair;
    SELECT array_agg(DISTINCT subscription.id) INTO ended_plans
    FROM wingtel_subscription_plan AS former
    JOIN wingtel_subscription AS subscription ON subscription.id = former.subscription_id
    WHERE former.valid_to > since AND former.valid_to <= at AND subscription.deleted_at IS NULL
      AND subscription.plan_id IS DISTINCT FROM subscription_current_plan(subscription.id, at);
    PERFORM subscription_lock(ended.ids || ended_plans);
    PERFORM subscription_update_current(ended.ids, ended.kinds);
    UPDATE wingtel_subscription SET plan_id = subscription_current_plan(id, at) WHERE id = ANY (ended_plans) AND deleted_at IS NULL;
    RETURN (SELECT count(DISTINCT id) FROM unnest(ended.ids || ended_plans) AS id);
END $$;

CREATE OR REPLACE FUNCTION subscription_set_updated_at() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER normalise_number BEFORE INSERT OR UPDATE OF phone_number ON wingtel_subscription
    FOR EACH ROW WHEN (NEW.phone_number !~ '^(\+[0-9]+)?$') EXECUTE FUNCTION subscription_normalise_number();
CREATE OR REPLACE TRIGGER create_assignments AFTER INSERT ON wingtel_subscription
    REFERENCING NEW TABLE AS created FOR EACH STATEMENT EXECUTE FUNCTION subscription_create_assignments();
CREATE OR REPLACE TRIGGER date_changes
    AFTER UPDATE OF phone_number, imsi, iccid, device_id, external_id, plan_id, effective_date, deleted_at ON wingtel_subscription
    FOR EACH ROW WHEN (
        ROW(OLD.phone_number, OLD.imsi, OLD.iccid, OLD.device_id, OLD.external_id, OLD.plan_id, OLD.effective_date, OLD.deleted_at)
        IS DISTINCT FROM
        ROW(NEW.phone_number, NEW.imsi, NEW.iccid, NEW.device_id, NEW.external_id, NEW.plan_id, NEW.effective_date, NEW.deleted_at)
    ) EXECUTE FUNCTION subscription_date_changes();

-- An update that moves a row changes what two subscriptions hold, so handle its old and its new version.
CREATE OR REPLACE TRIGGER update_current_inserted AFTER INSERT ON wingtel_subscription_identifier
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION subscription_update_current_identifiers();
CREATE OR REPLACE TRIGGER update_current_updated AFTER UPDATE ON wingtel_subscription_identifier
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION subscription_update_current_identifiers();
CREATE OR REPLACE TRIGGER update_current_replaced AFTER UPDATE ON wingtel_subscription_identifier
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION subscription_update_current_identifiers();
CREATE OR REPLACE TRIGGER update_current_deleted AFTER DELETE ON wingtel_subscription_identifier
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION subscription_update_current_identifiers();
CREATE OR REPLACE TRIGGER update_current_inserted AFTER INSERT ON wingtel_subscription_plan
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION subscription_update_current_plans();
CREATE OR REPLACE TRIGGER update_current_updated AFTER UPDATE ON wingtel_subscription_plan
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION subscription_update_current_plans();
CREATE OR REPLACE TRIGGER update_current_replaced AFTER UPDATE ON wingtel_subscription_plan
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION subscription_update_current_plans();
CREATE OR REPLACE TRIGGER update_current_deleted AFTER DELETE ON wingtel_subscription_plan
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION subscription_update_current_plans();

CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON wingtel_plan
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION subscription_set_updated_at();
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON wingtel_subscription
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION subscription_set_updated_at();
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON wingtel_purchase
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION subscription_set_updated_at();

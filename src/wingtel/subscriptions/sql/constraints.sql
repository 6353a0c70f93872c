-- What Django cannot say of dated identifiers and plans: no two assignments at one time, and gone with their subscription.

-- A range of texts: [x, x] overlaps [y, y] where x equals y, and GiST knows ranges of every type.
CREATE TYPE identifier_range AS RANGE (subtype = text, collation = "C");

-- A value is assigned once at a time. The texts decide. Their hash, as an address, is only there to keep the index fast: GiST compares
-- addresses several times as fast as ranges. See docs/decisions/0035.
ALTER TABLE subscription_identifier ADD CONSTRAINT subscription_identifier_once EXCLUDE USING gist (
    (inet '::' + (hashtextextended(kind || ':' || value, 0) & 9223372036854775807)) inet_ops WITH &&,
    identifier_range(kind || ':' || value, kind || ':' || value, '[]') WITH &&,
    tstzrange(valid_from, valid_to) WITH &&
);

-- A subscription has one plan at a time.
ALTER TABLE subscription_plan ADD CONSTRAINT subscription_plan_once EXCLUDE USING gist (
    (inet '::' + subscription_id) inet_ops WITH &&,
    tstzrange(valid_from, valid_to) WITH &&
);

ALTER TABLE subscription_identifier ADD CONSTRAINT subscription_identifier_subscription
    FOREIGN KEY (subscription_id) REFERENCES subscription ON DELETE CASCADE;
ALTER TABLE subscription_plan ADD CONSTRAINT subscription_plan_subscription
    FOREIGN KEY (subscription_id) REFERENCES subscription ON DELETE CASCADE;

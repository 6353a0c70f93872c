-- squawk-ignore-file -- every table is new and empty

INSERT INTO wingtel_carrier (code, name, country) VALUES ('att', 'AT&T', 'US'), ('sprint', 'Sprint', 'US');

ALTER TABLE wingtel_subscription
    ADD CONSTRAINT subscription_carrier_known FOREIGN KEY (carrier) REFERENCES wingtel_carrier (code);

-- A range of texts: [x, x] overlaps [y, y] where x equals y, and GiST knows ranges of every type.
CREATE TYPE wingtel_identifier_range AS RANGE (subtype = text, collation = "C");

-- A value is assigned once at a time. The texts decide. Their hash, as an address, is only there to keep the index fast: GiST compares
-- addresses several times as fast as ranges. See docs/decisions/0035.
ALTER TABLE wingtel_subscription_identifier ADD CONSTRAINT subscription_identifier_once EXCLUDE USING gist (
    (inet '::' + (hashtextextended(kind || ':' || value, 0) & 9223372036854775807)) inet_ops WITH &&,
    wingtel_identifier_range(kind || ':' || value, kind || ':' || value, '[]') WITH &&,
    tstzrange(valid_from, valid_to) WITH &&
);

-- A subscription has one plan at a time.
ALTER TABLE wingtel_subscription_plan ADD CONSTRAINT subscription_plan_once EXCLUDE USING gist (
    (inet '::' + subscription_id) inet_ops WITH &&,
    tstzrange(valid_from, valid_to) WITH &&
);

ALTER TABLE wingtel_subscription_identifier ADD CONSTRAINT subscription_identifier_subscription
    FOREIGN KEY (subscription_id) REFERENCES wingtel_subscription ON DELETE CASCADE;
ALTER TABLE wingtel_subscription_plan ADD CONSTRAINT subscription_plan_subscription
    FOREIGN KEY (subscription_id) REFERENCES wingtel_subscription ON DELETE CASCADE;

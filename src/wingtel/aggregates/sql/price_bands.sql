-- The band of a price: 0 below the first bound, one more at each bound. Bounds may never change once rows are stored.
--
-- Up to 8 a band doubles, since a price passes through those quickly and few limits lie there; from 8 to 4096 four
-- bands double, so that a band holds few rows and a page of the largest prices is found by sorting little.
CREATE FUNCTION usage_price_band(price numeric) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT width_bucket(price, ARRAY[
        0, 1, 2, 4, 8, 9.5, 11.3, 13.5, 16, 19, 22.6, 26.9, 32, 38.1, 45.3, 53.8, 64, 76.1, 90.5, 107.6, 128, 152, 181,
        215, 256, 304, 362, 431, 512, 609, 724, 861, 1024, 1218, 1448, 1722, 2048, 2436, 2896, 3444, 4096
    ]::numeric[])
$$;

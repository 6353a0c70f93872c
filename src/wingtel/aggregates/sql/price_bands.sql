-- The band of a price: 0 below the first bound, one more at each bound. Bounds may never change once rows are stored.
CREATE FUNCTION usage_price_band(price numeric) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT width_bucket(price, ARRAY[0,1,2,4,8,16,32,64,128,256,512,1024,2048,4096]::numeric[])
$$;

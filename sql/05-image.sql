-- Images: files to rows, and the scaling of pixels.
--
-- A file reaches these functions as a bytea: pg_read_binary_file() on the server, or from the client
-- through a large object or a parameter. gzip is recognised and unpacked on the way; what a compressed
-- file unpacks to is limited by synthdq.max_memory and by 1 GB. A damaged file is an error that says
-- what is wrong where; it never gives some of its rows. Ids count from 0, as the file does.
-- NULL gives no rows.
--
-- COST: one unit is about 30 ns. 10,000 images of 28 x 28 take 0.1 s, scaling one of them 0.5 us.

-- idx_images: the images of an IDX file of unsigned bytes, the format of the MNIST distribution.
-- px has rows x columns; from a file of two dimensions, one dimension.
--     SELECT id, px FROM idx_images(pg_read_binary_file('/data/t10k-images-idx3-ubyte.gz'));
CREATE FUNCTION idx_images(file bytea)
RETURNS TABLE (id bigint, px smallint[])
AS 'MODULE_PATHNAME', 'synthdq_idx_images'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000000 ROWS 10000;
COMMENT ON FUNCTION idx_images(bytea) IS
    'images of an IDX file (IDX3 or IDX2, unsigned bytes, plain or gzip)';

-- idx_labels: the labels of an IDX file of one dimension.
--     SELECT id, label FROM idx_labels(pg_read_binary_file('/data/t10k-labels-idx1-ubyte.gz'));
CREATE FUNCTION idx_labels(file bytea)
RETURNS TABLE (id bigint, label smallint)
AS 'MODULE_PATHNAME', 'synthdq_idx_labels'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 10000;
COMMENT ON FUNCTION idx_labels(bytea) IS
    'labels of an IDX file (IDX1, unsigned bytes, plain or gzip)';

-- npy_rows: the rows of an array saved by numpy.save(): one per element of the first dimension, all
-- other dimensions in one array. Format versions 1 to 3, C order, types f2 f4 f8 i1 i2 i4 u1 of either
-- byte order. f8 and i4 are rounded to the nearest real, ties to even; what is too small becomes 0, a
-- finite value beyond the range of real is an error. NaN and infinities stay.
--     SELECT id, "row" FROM npy_rows(pg_read_binary_file('/data/features.npy'));
CREATE FUNCTION npy_rows(file bytea)
RETURNS TABLE (id bigint, "row" real[])
AS 'MODULE_PATHNAME', 'synthdq_npy_rows'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000000 ROWS 10000;
COMMENT ON FUNCTION npy_rows(bytea) IS
    'rows of a NumPy array file (NPY, C order, numeric, plain or gzip)';

-- min_max_scale: (value - lo) / (hi - lo) for each element: the range lo to hi becomes 0 to 1. The
-- range is stated, not found in the data, so that different images get the same scale: for 8-bit
-- pixels 0 and 255, for the output of tanh -1 and 1. Values outside the range are not clipped (nor does
-- scikit-learn's MinMaxScaler by default). Dimensions and lower bounds are kept, NULL elements stay
-- NULL, NaN stays NaN. Computed in double precision, rounded once. lo must be less than hi, both
-- finite; a result beyond the range of real is an error.
--     SELECT min_max_scale(ARRAY[0, 51, 255]::smallint[], 0, 255);        -- {0,0.2,1}
CREATE FUNCTION min_max_scale(px smallint[], lo double precision, hi double precision)
RETURNS real[]
AS 'MODULE_PATHNAME', 'synthdq_min_max_scale'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION min_max_scale(smallint[], double precision, double precision) IS
    'scale values from the range lo..hi to 0..1, without clipping';

CREATE FUNCTION min_max_scale(px integer[], lo double precision, hi double precision)
RETURNS real[]
AS 'MODULE_PATHNAME', 'synthdq_min_max_scale'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION min_max_scale(integer[], double precision, double precision) IS
    'scale values from the range lo..hi to 0..1, without clipping';

CREATE FUNCTION min_max_scale(px real[], lo double precision, hi double precision)
RETURNS real[]
AS 'MODULE_PATHNAME', 'synthdq_min_max_scale'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION min_max_scale(real[], double precision, double precision) IS
    'scale values from the range lo..hi to 0..1, without clipping';

CREATE FUNCTION min_max_scale(px double precision[], lo double precision, hi double precision)
RETURNS real[]
AS 'MODULE_PATHNAME', 'synthdq_min_max_scale'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION min_max_scale(double precision[], double precision, double precision) IS
    'scale values from the range lo..hi to 0..1, without clipping';

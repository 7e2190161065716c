-- What stored distributions take, and that large ones answer as fresh ones do: they are decoded block
-- by block of 4096 entries.
CREATE TABLE stored (name text, e ecdf);
INSERT INTO stored
SELECT 'pixels', ecdf((i * 31 + i / 256) % 256) FROM generate_series(1, 200000) i
UNION ALL SELECT 'block', ecdf(i) FROM generate_series(1, 4096) i
UNION ALL SELECT 'block and one', ecdf(i) FROM generate_series(1, 4097) i
UNION ALL SELECT 'integers', ecdf(i) FROM generate_series(1, 50000) i
UNION ALL SELECT 'repeated', ecdf(i % 20000) FROM generate_series(1, 50000) i
UNION ALL SELECT 'sparse', ecdf(hashint4(i)) FROM generate_series(1, 20000) i
UNION ALL SELECT 'floats', ecdf(ARRAY[hashint4(i) / 1e7]::real[]) FROM generate_series(1, 20000) i
UNION ALL SELECT 'doubles', ecdf(hashint4(i) / 1e7) FROM generate_series(1, 20000) i;

-- Bytes an entry, at most: dense integers two (one without counts above 127), distances of some
-- 200,000 three and a byte of rounding, floats four and doubles eight; nothing for counts that are all 1.
SELECT name, (octet_length(ecdf_send(e)) - 12) / 16 AS entries, pg_column_size(e) <= 64 + bytes * (octet_length(ecdf_send(e)) - 12) / 16 AS compact
FROM stored JOIN (VALUES ('pixels', 2), ('block', 0.01), ('block and one', 0.01), ('integers', 0.01), ('repeated', 1), ('sparse', 4),
                         ('floats', 5), ('doubles', 8.01)) v(name, bytes) USING (name) ORDER BY name;
SELECT pg_column_size(e) < 1000 AS below_a_kilobyte FROM stored WHERE name = 'pixels';

-- Fresh and stored ones are equal, and tests of both give the same.
SELECT count(*) AS stored, bool_and(e = again) AS same, bool_and(n(e) = n(again) AND mean(e) = mean(again)) AS moments,
       bool_and(quantile(e, 0.3) = quantile(again, 0.3) AND cdf(e, 100) = cdf(again, 100)) AS questions,
       bool_and(ecdf_send(e) = ecdf_send(again)) AS bytes
FROM (SELECT e, e::text::ecdf AS again FROM stored) s;
SELECT ks_test(a.e, b.e) = f.ks AS ks, mw_test(a.e, b.e) = f.mw AS mw
FROM stored a, stored b, (SELECT ks_test(x, y) AS ks, mw_test(x, y) AS mw FROM
     (SELECT i::float8 AS x, CASE WHEN i <= 20000 THEN hashint4(i) / 1e7 END AS y FROM generate_series(1, 50000) i) v) f
WHERE a.name = 'integers' AND b.name = 'doubles';
SELECT ks_test(e, e) = ks_test(again, e) AS self, (ks_test(e, again)).statistic AS d, (mw_test(e, again)).auc AS auc
FROM (SELECT e, e::text::ecdf AS again FROM stored WHERE name IN ('sparse', 'block and one')) s;
SELECT ecdf(e) = (SELECT ecdf(x) FROM (SELECT i AS x FROM generate_series(1, 4096) i UNION ALL SELECT i FROM generate_series(1, 4097) i) v) AS union_of_blocks
FROM stored WHERE name LIKE 'block%';

-- Large ones are streamed: a test needs less memory than the 3 MB of their entries; what needs all of
-- them at once is refused.
INSERT INTO stored SELECT 'large', ecdf(i) FROM generate_series(1, 200000) i;
SET synthdq.max_memory = '1MB';
SELECT (ks_test(e, e)).statistic AS d, n(e), length(e::text) > 200000 AS text FROM stored WHERE name = 'large';
\set VERBOSITY sqlstate
SELECT kde(e) FROM stored WHERE name = 'large';
\set VERBOSITY default
RESET synthdq.max_memory;

DROP TABLE stored;

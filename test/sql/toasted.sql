-- Arrays read the same however the table stores them: in the row or beside it, compressed or not.
CREATE TABLE toasted (kind text, px double precision[]);
CREATE TABLE stored_plainly (kind text, px double precision[]);
ALTER TABLE stored_plainly ALTER px SET STORAGE EXTERNAL;

-- Numbers that share some bytes, repeated ones, zeros between others, and what hardly compresses.
INSERT INTO toasted
SELECT kind, array_agg(CASE kind
        WHEN 'related' THEN i * 7919 % 4096 / 4096.0
        WHEN 'repeated' THEN i % 3 + 0.5
        WHEN 'one' THEN 0.25
        WHEN 'zeros' THEN CASE WHEN i % 5 = 0 THEN sqrt(i) ELSE 0 END
        ELSE sqrt(i) END ORDER BY i)
FROM (VALUES ('related'), ('repeated'), ('one'), ('zeros'), ('roots')) kinds (kind),
     (VALUES (10), (300), (1000), (20000)) lengths (n), generate_series(1, n) AS i
GROUP BY kind, n;
INSERT INTO stored_plainly SELECT kind, ARRAY(SELECT unnest(px)) FROM toasted;

-- Some of the values are compressed in their rows, some beside them; none of the others is.
SELECT bool_or(pg_column_size(px) < 8 * cardinality(px)) AS toasted,
       (SELECT bool_and(pg_column_size(px) >= 8 * cardinality(px)) FROM stored_plainly) AS plain
FROM toasted;

SELECT kind, cardinality(t.px) AS n, ecdf(t.px) = ecdf(p.px) AS same,
       ecdf(t.px) = (SELECT ecdf(v) FROM unnest(t.px) v) AS same_as_elements
FROM toasted t JOIN stored_plainly p USING (kind)
WHERE cardinality(t.px) = cardinality(p.px)
GROUP BY kind, t.px ORDER BY kind COLLATE "C", n;

DROP TABLE toasted, stored_plainly;

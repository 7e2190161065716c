-- p_adjust, p_adjust_log10: by hand, missing elements, shapes, logarithms, errors, cancel.

-- Sorted .005 .01 .03 .04. BH: .04 * 4/4, .03 * 4/3 = .04, .01 * 4/2 = .02, .005 * 4 = .02.
-- Holm: .005 * 4 = .02, .01 * 3 = .03, .03 * 2 = .06, then .04, which stays at .06. BY: BH * 25/12.
CREATE TEMP TABLE wanted (method text, adjusted float8[]);
INSERT INTO wanted VALUES ('bh', '{.02,.04,.04,.02}'), ('fdr', '{.02,.04,.04,.02}'), ('BH', '{.02,.04,.04,.02}'),
    ('holm', '{.03,.06,.06,.02}'), ('bonferroni', '{.04,.16,.12,.02}'), ('none', '{.01,.04,.03,.005}'),
    ('by', ARRAY[.5/12, 1/12., 1/12., .5/12]);
SELECT method, (SELECT bool_and(abs(got - want) <= 1e-12 * want)
        FROM unnest(p_adjust('{.01,.04,.03,.005}', method), adjusted) u(got, want)) AS p,
    (SELECT bool_and(abs(10 ^ got - want) <= 1e-12 * want)
        FROM unnest(p_adjust_log10(ARRAY[log(.01), log(.04), log(.03), log(.005)], method), adjusted) u(got, want)) AS log10_p
FROM wanted ORDER BY method COLLATE "C";
SELECT p_adjust('{.01,.04,.03,.005}') = p_adjust('{.01,.04,.03,.005}', 'bh') AS default_method,
    p_adjust_log10('{-1,-2}') = p_adjust_log10('{-1,-2}', 'bh') AS default_method_log10,
    p_adjust(ARRAY[1, 0, 1]) AS integers;

-- NULL and NaN are not counted: two p-values, BH doubles the smaller one.
SELECT p_adjust('{NULL,.125,NaN,.5}'), p_adjust_log10('{NULL,-1,NaN,-3}', 'bonferroni') = ARRAY[NULL, -1 + log(2), 'NaN', -3 + log(2)]::float8[] AS log10_p;
SELECT m, p_adjust('{NULL,NaN,NULL}', m), p_adjust('{.25}', m) AS one, p_adjust('{}', m) AS none
FROM unnest('{bh,by,bonferroni,holm,none}'::text[]) m ORDER BY m;
SELECT p_adjust(NULL) IS NULL AS no_array, p_adjust('{1}', NULL) IS NULL AS no_method;

-- The shape stays: dimensions, lower bounds, NULLs.
SELECT p_adjust('[0:1][5:6]={{.125,NULL},{.5,.125}}', 'bonferroni');

-- Never above 1; monotone; ties get the same.
SELECT p_adjust('{.5,.75,.5}', m) FROM unnest('{bonferroni,by,holm}'::text[]) m ORDER BY m;

-- What underflows is still ranked: 784 times 1e-400 and 1e-500.
SELECT abs(a[1] - (-400 + log(784))) < 1e-9 AS bonferroni, abs(a[2] - (-500 + log(784))) < 1e-9 AS smaller, p_adjust('{0,0}') AS p
FROM p_adjust_log10('{-400,-500}'::float8[] || array_fill(0::float8, '{782}'), 'bonferroni') a;
SELECT p_adjust_log10('{-Infinity,0}', 'holm');

-- A large family: p(i) = i / m, so that BH makes all of them 1.
SELECT count(*), bool_and(abs(a - 1) < 1e-12) AS ones
FROM unnest(p_adjust((SELECT array_agg((i * 7919 % 100000 + 1) / 100000.0) FROM generate_series(0, 99999) i)::float8[])) a;

-- Errors.
SELECT p_adjust('{.5,1.5}');
SELECT p_adjust('{-.5}');
SELECT p_adjust('{Infinity}');
SELECT p_adjust_log10('{.5}');
SELECT p_adjust('{.5}', 'hochberg');
SELECT p_adjust('{.5}', '');
\set VERBOSITY sqlstate
SELECT p_adjust('{a}');
SELECT p_adjust('{.5}'::text[]);
SET synthdq.max_memory = '1MB';
SELECT p_adjust(array_fill(.5::float8, '{200000}'));
RESET synthdq.max_memory;
CREATE TEMP TABLE family AS SELECT array_agg(sin(i) ^ 2) AS p FROM generate_series(1, 1000000) i;
SET statement_timeout = '30ms';
SELECT p_adjust(p) FROM family;
RESET statement_timeout;
\set VERBOSITY default

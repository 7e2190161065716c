#!/usr/bin/perl
# Results have the same bits for any number of threads and any order of the rows.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use TestServer;

my $server = TestServer->new('threads');
my $session = $server->session;

# Rows in clusters, some of them twice, so that there are ties to break.
$session->query(q{
    CREATE TABLE images AS
    SELECT i AS id, array_agg(((hashint4(i % 10 * 1000 + j) & 127)
                               + (hashint4(least(i, 1480) * 1000 + j) & 63))::smallint
                              ORDER BY j) AS px
    FROM generate_series(1, 1500) i, generate_series(1, 100) j GROUP BY i;
    CREATE TABLE shuffled AS SELECT * FROM images ORDER BY hashint4(id::int);
    CREATE TABLE numbers AS
    SELECT i AS id, hashint4(i) / 1e9 AS x, hashint4(-i) / 1e9 AS y
    FROM generate_series(1, 50000) i;
    ANALYZE;
});

# Every number in full: shortest output that reads back as the same bits.
my %computations = (
    kmeans => q{SELECT md5(string_agg(r::text, ' ' ORDER BY id))
                FROM kmeans('SELECT id, px FROM images', 7) r},
    kmeans_centers => q{SELECT md5(string_agg(r::text, ' ' ORDER BY cluster))
                        FROM kmeans_centers('SELECT id, px FROM images', 7) r},
    knn => q{SELECT md5(string_agg(r::text, ' ' ORDER BY id, rank))
             FROM knn('SELECT id, px FROM images', 'SELECT id, px FROM images', 20) r},
    'knn of two queries' => q{SELECT md5(string_agg(r::text, ' ' ORDER BY id, rank))
             FROM knn('SELECT id, min_max_scale(px, 0, 7) FROM images', 'SELECT id, px FROM images', 20) r},
    pca => q{SELECT md5(string_agg(r::text, ' ' ORDER BY id))
             FROM pca('SELECT id, px FROM images', 20) r},
    'pca of real numbers' => q{SELECT md5(string_agg(r::text, ' ' ORDER BY id))
             FROM pca('SELECT id, min_max_scale(px, 0, 99) FROM images', 20) r},
    pca_fit => q{SELECT md5(m::text) FROM pca_fit('SELECT id, px FROM images', 100) m},
    lda => q{SELECT md5(string_agg(r::text, ' ' ORDER BY id))
             FROM lda('SELECT id, px, id % 3 FROM images', 2) r},
    lda_separation => q{SELECT md5(lda_separation('SELECT id, px, id % 3 = 0 FROM images', 'auto')::text)},
    map_quality => q{SELECT md5(string_agg(r::text, ' ' ORDER BY id))
             FROM map_quality_points('SELECT id, px FROM images', 'SELECT id, px[1:2] FROM images', 20) r},
    neighbor_mixing => q{SELECT md5(string_agg(r::text, ' ' ORDER BY id))
             FROM neighbor_mixing('SELECT id, px, id % 2 = 0 FROM images', 20) r},
    tsne => q{SELECT md5(string_agg(r::text, ' ' ORDER BY id))
              FROM tsne('SELECT id, px FROM images', n_iter => 60) r},
    'tsne in three dimensions' => q{SELECT md5(string_agg(r::text, ' ' ORDER BY id))
              FROM tsne('SELECT id, px FROM images', n_components => 3, n_iter => 30) r},
    tsne_place => q{SELECT md5(string_agg(r::text, ' ' ORDER BY id))
              FROM tsne_place('SELECT id, px, sin(id), cos(id * 7) * 9 FROM images', 'SELECT id, px FROM images') r},
    kde => q{SELECT md5(kde(x, 2000, 'scott')::text) FROM numbers},
    kde2d => q{SELECT md5(kde2d(x, y, 100, 'scott')::text) FROM numbers},
    kde_groups => q{SELECT md5(string_agg(k::text, ' '))
              FROM kde_groups('SELECT id % 3, x FROM numbers', 500) k},
    kde2d_groups => q{SELECT md5(string_agg(k::text, ' '))
              FROM kde2d_groups('SELECT id % 3, x, y FROM numbers', 60) k},
    'kde_pdf and kde_cdf' => q{SELECT md5(kde_pdf(e, at, kernel => 'cosine')::text || kde_cdf(e, at, lower_bound => -3)::text)
              FROM (SELECT ecdf(x) AS e, array_agg(y) FILTER (WHERE id <= 2000) AS at FROM numbers) s},
    'kde of weighted and of binned values' => q{SELECT md5(kde(w, 1000, method => 'exact')::text || kde(w, 1000, 'isj')::text
              || kde(b, 1000)::text)
              FROM (SELECT kde_weighted(x, id % 7) AS w, kde_bins(x, id % 7, -3, 3, 4096) AS b FROM numbers) s},
    'kde2d of cells' => q{SELECT md5(kde2d(kde2d_sample(x, y), 150, method => 'binned')::text) FROM numbers},
    kde2d_log_density => q{SELECT md5(kde2d_log_density(kde2d_sample(x, y), array_agg(y) FILTER (WHERE id <= 400),
              array_agg(9 * x) FILTER (WHERE id <= 400))::text) FROM numbers},
    'regions and contours' => q{SELECT md5(string_agg(r::text, ' ' ORDER BY r.share) || kde2d_share(k, 0.5, 0.5)
              || kde2d_contours_geojson(k)::text || kde2d_similarity(k, k)::text)
              FROM (SELECT kde2d(x, y, 400, 'scott') AS k FROM numbers WHERE id <= 5000) s,
                   kde2d_regions(k, ARRAY[0.1, 0.5, 0.9]) r GROUP BY k},
    kde_similarity => q{SELECT md5(kde_similarity(x, id % 3 = 0, 1000, 'scott', 99, 1)::text
              || kde_similarity_baseline(x, id % 3 = 0, 1000, 'scott', 99, 1)::text) FROM numbers},
    kde2d_similarity => q{SELECT md5(kde2d_similarity(x, y, id % 3 = 0, 100, 'scott', 99, 1)::text
              || kde2d_similarity_baseline(x, y, id % 3 = 0, 100, 'scott', 99, 1)::text) FROM numbers},
    ks_tests => q{SELECT md5(string_agg(r::text, ' ' ORDER BY position))
                  FROM (SELECT ecdf_vector(px) FILTER (WHERE id % 3 = 0) AS x,
                               ecdf_vector(px) FILTER (WHERE id % 3 > 0) AS y FROM images) v,
                       ks_tests(x, y) r},
    mw_tests => q{SELECT md5(string_agg(r::text, ' ' ORDER BY position))
                  FROM (SELECT ecdf_vector(px) FILTER (WHERE id % 30 = 0) AS x,
                               ecdf_vector(px) FILTER (WHERE id % 30 = 1) AS y FROM images) v,
                       mw_tests(x, y) r},
    'ks_test that prepares its sort' => q{SELECT md5(ks_test(hashint4(i) / 7e8, i % 2 = 0)::text)
                  FROM generate_series(1, 1500000) i},
    'mw_test that prepares its sort' => q{SELECT md5(mw_test(hashint4(i) / 7e8, i % 3 = 0)::text)
                  FROM generate_series(1, 1700000) i},
    'ks_test of ascending numbers' => q{SELECT md5(ks_test(i / 3e6, hashint4(i) > 0)::text)
                  FROM generate_series(1, 1700000) i},
    'the exact ks_test' => q{SELECT md5(ks_test(ecdf(x), ecdf(y), method => 'exact')::text)
                             FROM numbers WHERE id <= 5000},
);

for my $name (sort keys %computations) {
    my $sql = $computations{$name};
    my $one = $session->query("SET synthdq.threads = 1;\n$sql");
    like($one, qr/^[0-9a-f]{32}$/, "$name has a result") or next;
    for my $threads (2, 7) {
        is($session->query("SET synthdq.threads = $threads;\n$sql"), $one,
            "$name has the same bits with $threads threads as with one");
    }
    is($session->query($sql), $one, "$name has the same bits when it runs again");
    if ($sql =~ s/FROM images/FROM shuffled/g) {
        is($session->query($sql), $one, "$name has the same bits for rows in another order");
    }
}

# In window frames a sort that is prepared on a thread is asked for between rows, and begun again. The same
# rows alone, without threads, are the oracle.
$session->query(q{
    CREATE TABLE many AS SELECT i, hashint4(i) / 7e8 AS x, i % 2 = 0 AS is_synthetic
    FROM generate_series(1, 1650000) i});
for my $case (
    ['that grow', 'ORDER BY greatest(i, 1199999) / 50000', 1199999, 50000, 1299999, 0],
    ['that move', 'ORDER BY (i - 1) / 550000 GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW', 550000, 550000, 1650000, 1100000],
  )
{
    my ($frames, $window, $first, $step, $last, $width) = @$case;
    my $ends = "generate_series($first, $last, $step)";
    my $alone = $session->query(qq{SET synthdq.threads = 1;
        SELECT string_agg(t, ' ' ORDER BY i) FROM (SELECT i, (SELECT ks_test(x, is_synthetic)::text FROM many
            WHERE many.i <= e.i AND ($width = 0 OR many.i > e.i - $width)) AS t FROM $ends e (i)) a});
    like($alone, qr/^\(.*\) \(.*\) \(.*\)$/, "ks_test of a million rows in three frames $frames has results");
    is( $session->query(qq{SET synthdq.threads = 2;
        SELECT string_agg(t, ' ' ORDER BY i) FROM (SELECT i, ks_test(x, is_synthetic) OVER ($window)::text AS t
            FROM many WHERE i <= $last) w WHERE i IN (SELECT $ends)}),
        $alone, "a sort that is prepared in frames $frames gives the same bits as the rows alone");
}

is( $session->query(q{
        SELECT count(*) FROM (SELECT r::text FROM kmeans('SELECT id, px FROM images', 7, seed => 1) r
        EXCEPT SELECT r::text FROM kmeans('SELECT id, px FROM images', 7, seed => 1) r) d}),
    '0', 'the same seed gives the same rows');

done_testing();

"""Time each computation in SQL and in scipy or scikit-learn, on the same values; print a table.

    /usr/bin/python3 test/bench/compare.py SERVER_DIRECTORY [NAME ...]

test/bench/run starts the server, loads test/bench/load.sql and calls this. Ours is the time that
psql's \\timing shows for the whole statement; the peer's is the time of the call, with the values
already in memory in the form that suits it, or of another statement. Both are medians of several
runs where a run is short. 100,000,000 values are tested only when "growth" is named.
"""
import gzip
import math
import os
import re
import statistics
import subprocess
import sys
import time
import timeit

import numpy as np
import scipy
import scipy.stats
import sklearn
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors

# A benchmark runs again while it has taken less than this in total, and at most so often.
ENOUGH_SECONDS = 4.0
MOST_RUNS = 5

NEIGHBORS = 90
TSNE_ROWS = 10000
TSNE_ITERATIONS = 750

server = sys.argv[1]
wanted = sys.argv[2:]


def psql(script):
    """Output of a psql script on the server, unaligned, tuples only."""
    return subprocess.run(
        ["test/server", "psql", server, "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"],
        input=script, text=True, stdout=subprocess.PIPE, check=True).stdout


def repeat(run):
    """Call run(), which returns (seconds, value), often enough; the median and the last value."""
    times = []
    while len(times) < MOST_RUNS and sum(times) < ENOUGH_SECONDS:
        seconds, value = run()
        times.append(seconds)
    return statistics.median(times), value


def ours(sql):
    """Time of the last of the statements, and its value."""
    def run():
        lines = psql("\\timing on\n" + sql + ";\n").splitlines()
        seconds = float(re.match(r"Time: ([0-9.]+) ms", lines[-1]).group(1)) / 1000
        return seconds, lines[-2]
    return repeat(run)


def peer(call):
    """The same of a function, of other statements, or of the fastest of several functions."""
    def run():
        start = time.perf_counter()
        value = call()
        return time.perf_counter() - start, value
    if isinstance(call, list):
        return min(map(peer, call))
    return ours(call) if isinstance(call, str) else repeat(run)


def images(name):
    """Rows of an IDX image file, as smallint, the type of the column."""
    with gzip.open(name) as file:
        content = file.read()
    n, height, width = np.frombuffer(content, ">u4", 3, 4)
    return np.frombuffer(content, np.uint8, offset=16).reshape(n, height * width).astype(np.int16)


real = images("data/mnist-train-first10k-images-idx3-ubyte.gz")
fake = images("data/mnist-dcgan-e25-images-idx3-ubyte.gz")
full_name = "data/full/train-images-idx3-ubyte.gz"
full = images(full_name) if os.path.exists(full_name) else np.tile(real, (6, 1))


def points(table):
    return np.array([[float(v) for v in line.split("|")] for line in
                     psql(f"SELECT x, y FROM {table};").splitlines()]).T


# The peers evaluate their densities on our nodes, so that the highest one must be the same.
def nodes(call, axis, table):
    return np.array(psql(f"SELECT unnest(({call}).{axis}) FROM {table};").split(), float)


def scipy_kde():
    return scipy.stats.gaussian_kde(real_points[0])(kde_nodes).max()


def scipy_kde2d(table):
    places = np.array(np.meshgrid(nodes(KDE2D, "x", table), nodes(KDE2D, "y", table)))
    density = scipy.stats.gaussian_kde(points(table))
    return lambda: density(places.reshape(2, -1)).max()


def kde2d_statement(table):
    return f"SELECT max(d) FROM (SELECT unnest(({KDE2D}).density) AS d FROM {table}) t"


KDE2D = "kde2d(x, y, 200, 'scott')"
real_points = points("points")
kde_nodes = nodes("kde(x, 200, 'scott')", "x", "points")
real_float = real.astype(np.float32)
scores = np.array([row.strip("{}").split(",") for row in
                   psql("SELECT components FROM full_scores ORDER BY id;").split()], np.float32)
full_float = full.astype(np.float32)


def numbers(factor):
    """What load.sql puts into the table numbers for a factor."""
    return np.arange(1, 5_000_001) * factor % 2**32 / 2**32


def scipy_ks_of_numbers():
    return scipy.stats.ks_2samp(numbers_x, numbers_y, method="asymp").statistic


def scipy_of_pixels():
    """Both tests of each pixel: the mean of D, and that of U over the number of pairs."""
    pairs = len(real) * len(fake)
    return statistics.fmean(
        scipy.stats.ks_2samp(x, y, method="asymp").statistic
        + scipy.stats.mannwhitneyu(x, y, method="asymptotic").statistic / pairs
        for x, y in zip(real_pixels, fake_pixels))


def test_statement(call, field, table):
    """A field of the result of an aggregate over a whole table."""
    return f"SELECT (r).{field} FROM (SELECT {call} AS r FROM {table}) t"


def kmeans_statement(options):
    """The inertia of ten clusters of all real images."""
    return ("SELECT sum(inertia) FROM kmeans_centers("
            f"'SELECT id, px FROM full_samples WHERE NOT is_synthetic', 10, {options})")


def growth_statement(n):
    """A test of n distinct numbers, made as they are read, in 64 MB: the larger ones spill."""
    return ("SET max_parallel_workers_per_gather = 0; SET synthdq.max_memory = '64MB'; "
            + test_statement("ks_test((i * 2654435761 % 4294967296)::float8, i % 2 = 0)", "n_x",
                             f"(SELECT generate_series(1::bigint, {n}) AS i) g"))


def sums(n):
    """What load.sql puts into sum_arrays."""
    i = np.arange(1, n + 1)
    return i * 2654435761 % 2**32 / 2**32 + i * 2246822519 % 2**32 / 2**32


def sums_statement(call, table):
    """The highest density of a sample."""
    return f"SELECT max(d) FROM (SELECT unnest(({call}).density) AS d FROM {table}) t"


def scipy_kde_of(values):
    """On the nodes of kde: 200, to three bandwidths beyond the data."""
    density = scipy.stats.gaussian_kde(values)
    margin = 3 * math.sqrt(density.covariance[0, 0])
    return density(np.linspace(values.min() - margin, values.max() + margin, 200)).max()


def numpy_binned_kde(values, n_nodes):
    """Linear binning on the nodes themselves, and a convolution by FFT."""
    h = values.std(ddof=1) * len(values) ** -0.2
    low, high = values.min() - 3 * h, values.max() + 3 * h
    step = (high - low) / (n_nodes - 1)
    place = (values - low) / step
    node = place.astype(np.int64)
    share = place - node
    weights = (np.bincount(node, 1 - share, n_nodes + 1)
               + np.bincount(node + 1, share, n_nodes + 1))[:n_nodes]
    reach = int(math.ceil(8 * h / step))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / h) ** 2)
    length = 1 << (n_nodes + 2 * reach).bit_length()
    density = np.fft.irfft(np.fft.rfft(weights, length) * np.fft.rfft(kernel, length), length)
    return density[reach:reach + n_nodes].max() / math.sqrt(2 * math.pi) / h / len(values)


# One contiguous row per pixel.
real_pixels, fake_pixels = real.T.copy(), fake.T.copy()
numbers_x, numbers_y = numbers(2654435761), numbers(2246822519)
sums_784k, sums_10m = sums(784_000), sums(10_000_000)


def nearest_statement(table):
    """The nearest real image of one generated image: reading the table takes most of the time."""
    return ("SELECT distance FROM knn('SELECT px FROM fake_images WHERE id = 0', "
            f"'SELECT px FROM {table} WHERE NOT is_synthetic', 1)")


def numpy_nearest():
    return np.sqrt(np.square(full_float - fake[0]).sum(1).min())


def sklearn_tsne():
    rows = PCA(50, random_state=0).fit_transform(real_float[:TSNE_ROWS])
    return TSNE(init="pca", learning_rate="auto", n_iter=TSNE_ITERATIONS, n_jobs=-1,
                random_state=0).fit(rows).kl_divergence_


def knn_statement(query):
    """Sum of the distances to the neighbors among the other rows of a query."""
    return f"SELECT sum(distance) FROM knn('{query}', '{query}', {NEIGHBORS})"


def sklearn_knn(rows):
    """The same by brute force, in both precisions."""
    def search(precision):
        search_in = rows.astype(precision)
        return lambda: NearestNeighbors(
            n_neighbors=NEIGHBORS, algorithm="brute", n_jobs=-1).fit(search_in).kneighbors()[0].sum()
    return [search(np.float32), search(np.float64)]


def gigaflops():
    """Rate of numpy's product of two large float matrices, on all processors."""
    a, b = np.ones((4096, 784), np.float32), np.ones((784, 4096), np.float32)
    seconds, _ = repeat(lambda: (timeit.timeit(lambda: a @ b, number=1), None))
    return 2 * 4096 * 4096 * 784 / seconds / 1e9


KS = test_statement("ks_test(px, is_synthetic)", "statistic", "{}").format
MW = test_statement("mw_test(px, is_synthetic)", "u", "{}").format
FOUR_TIMES = f"({' UNION ALL '.join(4 * ['SELECT px, is_synthetic FROM full_samples'])}) f"
ONE_THREAD = "SET synthdq.threads = 1; "
SERIAL = "SET max_parallel_workers_per_gather = 0; "

# Name, our SQL, the peer's name and call (or its SQL), and what the two values are.
benchmarks = [
    (f"ks_test, {len(full):,} + {len(fake):,} images pooled", KS("full_samples"), "scipy ks_2samp",
     lambda: scipy.stats.ks_2samp(full.ravel(), fake.ravel(), method="asymp").statistic, "D"),
    ("the same, as real[]", KS("full_real_samples"), "scipy ks_2samp",
     lambda: scipy.stats.ks_2samp(full.ravel(), fake.ravel(), method="asymp").statistic, "D"),
    ("the same, a scan of the table as peer", KS("full_samples"), "SELECT count(px[1])",
     "SELECT count(px[1]) FROM full_samples", "not comparable"),
    ("the same as real[], a scan as peer", KS("full_real_samples"), "SELECT count(px[1])",
     "SELECT count(px[1]) FROM full_real_samples", "not comparable"),
    ("the same four times over, two workers", KS(FOUR_TIMES), "serial plan",
     SERIAL + KS(FOUR_TIMES), "D"),
    (f"mw_test, {len(full):,} + {len(fake):,} images pooled", MW("full_samples"),
     "scipy mannwhitneyu",
     lambda: scipy.stats.mannwhitneyu(full.ravel(), fake.ravel(), method="asymptotic").statistic,
     "U"),
    (f"ks_test, {len(real):,} + {len(fake):,} images pooled", KS("samples"), "scipy ks_2samp",
     lambda: scipy.stats.ks_2samp(real.ravel(), fake.ravel(), method="asymp").statistic, "D"),
    ("the same, as real[] in [0, 1]", KS("scaled_samples"), "scipy ks_2samp",
     lambda: scipy.stats.ks_2samp(real.ravel(), fake.ravel(), method="asymp").statistic, "D"),
    (f"mw_test, {len(real):,} + {len(fake):,} images pooled", MW("samples"), "scipy mannwhitneyu",
     lambda: scipy.stats.mannwhitneyu(real.ravel(), fake.ravel(), method="asymptotic").statistic,
     "U"),
    (f"ks_tests, mw_tests, {real.shape[1]} pixels, {len(real):,} + {len(fake):,}",
     "SELECT avg(ks.statistic + mw.auc) FROM (SELECT ecdf_vector(px) AS v FROM real_images) r, "
     "(SELECT ecdf_vector(px) AS v FROM fake_images) f, ks_tests(r.v, f.v) ks "
     "JOIN mw_tests(r.v, f.v) mw USING (position)", "scipy, 2 calls each", scipy_of_pixels,
     "mean D + mean A"),
    ("ks_test, 2 x 5,000,000 distinct numbers", test_statement(
        "ks_test(x, is_synthetic)", "statistic", "numbers"),
     "scipy ks_2samp", scipy_ks_of_numbers, "D"),
    ("the same, in arrays of 1,000", KS("number_arrays"), "scipy ks_2samp", scipy_ks_of_numbers,
     "D"),
    *((f"growth: ks_test, {n:,} distinct numbers, 64 MB", growth_statement(n),
       f"a tenth of them; n log n gives {math.log(n / 10) / math.log(n) / 10:.3f}",
       growth_statement(n // 10), "observations of x")
      for n in (1_000_000, 10_000_000, 100_000_000)
      if n < 100_000_000 or "growth" in wanted),
    ("kde, 10,000 numbers, 200 grid points",
     "SELECT max(d) FROM (SELECT unnest((kde(x, 200, 'scott')).density) AS d FROM points) t",
     "scipy gaussian_kde", scipy_kde, "highest density"),
    ("kde, 784,000 distinct numbers in arrays, 200 grid points",
     sums_statement("kde(px)", "sum_arrays WHERE n = 784000"), "scipy gaussian_kde",
     lambda: scipy_kde_of(sums_784k), "highest density"),
    ("the same in rows", sums_statement("kde(x)", "sums"), "scipy gaussian_kde",
     lambda: scipy_kde_of(sums_784k), "highest density"),
    ("the same as bytes in arrays", sums_statement("kde(ecdf(px))", "sum_bytes"),
     "scipy gaussian_kde", lambda: scipy_kde_of(np.floor(sums_784k * 127)), "highest density"),
    ("kde, 10,000,000 numbers in arrays, 1,024 grid points",
     sums_statement("kde(px, 1024, 'scott')", "sum_arrays WHERE n = 10000000"),
     "numpy linear binning and FFT", lambda: numpy_binned_kde(sums_10m, 1024), "highest density"),
    ("kde2d, 10,000 points, 200 x 200 grid",
     kde2d_statement("points"), "scipy gaussian_kde", scipy_kde2d("points"), "highest density"),
    (f"kde2d, {len(full) + len(fake):,} points, 200 x 200 grid", kde2d_statement("full_points"),
     "scipy gaussian_kde", scipy_kde2d("full_points"), "highest density"),
    ("kmeans, 10,000 x 784, k = 10, n_init = 10",
     "SELECT sum(inertia) FROM kmeans_centers('SELECT id, px FROM real_images', 10, n_init => 10)",
     "scikit-learn KMeans",
     lambda: KMeans(10, n_init=10, random_state=0).fit(real_float).inertia_, "inertia"),
    (f"kmeans, {len(full):,} x 784, k = 10, one start", kmeans_statement("n_init => 1"),
     "scikit-learn KMeans",
     lambda: KMeans(10, n_init=1, random_state=0).fit(full_float).inertia_, "inertia"),
    ("the same, 51 iterations", kmeans_statement("n_init => 1, tol => 0, max_iter => 51"),
     "one iteration: the difference is 50 of them",
     kmeans_statement("n_init => 1, tol => 0, max_iter => 1"), "inertia"),
    ("the same, 51 iterations, one thread",
     ONE_THREAD + kmeans_statement("n_init => 1, tol => 0, max_iter => 51"),
     "one iteration, one thread",
     ONE_THREAD + kmeans_statement("n_init => 1, tol => 0, max_iter => 1"), "inertia"),
    (f"pca, 50 components, {len(full):,} x {full.shape[1]}",
     "SELECT var_samp(components[1]) FROM pca("
     "'SELECT id, px FROM full_samples WHERE NOT is_synthetic', 50)", "scikit-learn PCA",
     lambda: PCA(50, random_state=0).fit_transform(full_float)[:, 0].var(ddof=1, dtype=float),
     "variance of the first component"),
    (f"rows read: the nearest of {len(full):,} images", nearest_statement("full_samples"),
     "numpy, rows in memory", numpy_nearest, "distance"),
    ("rows read: the same, as real[]", nearest_statement("full_real_samples"),
     "numpy, rows in memory", numpy_nearest, "distance"),
    (f"knn, k = {NEIGHBORS}, 10,000 x 784", knn_statement("SELECT id, px FROM real_images"),
     "scikit-learn, brute force", sklearn_knn(real), "sum of distances"),
    ("knn, the same scaled to [0, 1], as real[]",
     knn_statement("SELECT id, px FROM scaled_samples WHERE NOT is_synthetic"),
     "scikit-learn, brute force", sklearn_knn(real / 255), "sum of distances"),
    (f"knn, k = {NEIGHBORS}, 70,000 x 50, components",
     knn_statement("SELECT id, components FROM full_scores"),
     "scikit-learn, brute force", sklearn_knn(scores), "sum of distances"),
    (f"tsne, {TSNE_ROWS:,} x 784, PCA to 50, {TSNE_ITERATIONS} iterations",
     f"SELECT count(*) FROM tsne('SELECT id, px FROM real_images WHERE id < {TSNE_ROWS}', "
     f"n_iter => {TSNE_ITERATIONS})",
     "scikit-learn TSNE", sklearn_tsne, "rows; the peer's: KL, Barnes-Hut, not comparable"),
]


# Multiplications and additions of all products of rows, of which half would do.
operations = {f"knn, k = {NEIGHBORS}, 10,000 x 784": 2 * 10_000**2 * 784,
              "knn, the same scaled to [0, 1], as real[]": 2 * 10_000**2 * 784,
              f"knn, k = {NEIGHBORS}, 70,000 x 50, components": 2 * 70_000**2 * 50}


def machine():
    with open("/proc/cpuinfo") as info:
        models = re.findall(r"^model name\s*: (.*)$", info.read(), re.MULTILINE)
    return f"{len(models)} x {models[0]}" if models else f"{os.cpu_count()} CPUs"


def seconds_text(seconds):
    return f"{seconds * 1000:,.1f} ms" if seconds < 1 else f"{seconds:,.2f} s"


print(f"{machine()}; PostgreSQL {psql('SHOW server_version;').split()[0]}, "
      f"scipy {scipy.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}")
if not os.path.exists(full_name):
    print(f"{len(full):,} images are six copies of the {len(real):,} of data/; "
          f"put the whole set into data/full/ for the real ones")
print(f"\n{'computation':52} {'ours':>11} {'peer':>11} {'ratio':>8}  peer")
for name, sql, peer_name, function, meaning in benchmarks:
    if wanted and not any(word in name for word in wanted):
        continue
    our_seconds, our_value = ours(sql)
    peer_seconds, peer_value = peer(function)
    print(f"{name:52} {seconds_text(our_seconds):>11} {seconds_text(peer_seconds):>11} "
          f"{peer_seconds / our_seconds:7.1f}x  {peer_name}")
    print(f"    {meaning}: ours {float(our_value):.9g}, peer {float(peer_value):.9g}", flush=True)
    if name in operations:
        print(f"    {operations[name] / our_seconds / 1e9:.0f} G operations a second; "
              f"numpy's sgemm: {gigaflops():.0f}", flush=True)
print("\nratio: the peer's time divided by ours. The goals for the first two\nlines are 100x and 30x.")

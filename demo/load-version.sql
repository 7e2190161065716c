-- Load the digits of one version of the generator, :version, with the labels that a classifier gave
-- them: a generator does not say which digit it meant.
\lo_import data/mnist-dcgan-:version-images-idx3-ubyte.gz
\set images :LASTOID
\lo_import data/mnist-dcgan-:version-predicted-labels-idx1-ubyte.gz
\set labels :LASTOID
INSERT INTO generated
SELECT :'version', id, label, px
FROM idx_images(lo_get(:images)) JOIN idx_labels(lo_get(:labels)) USING (id);
\lo_unlink :images
\lo_unlink :labels

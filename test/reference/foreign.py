"""Writes the files of other programs that tests read: foreign.h5 and packed.nc, with h5py and netCDF4."""
import h5py
import netCDF4
import numpy as np

cells = np.arange(6 * 5, dtype="f8").reshape(6, 5)

with h5py.File("foreign.h5", "w", userblock_size=512) as file:
    for code in ["f8", "f4", "f2", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]:
        file["le_" + code] = cells.astype("<" + code)
        file["be_" + code] = cells.astype(">" + code)
    file.create_dataset("gzip", data=cells.astype(">f4"), chunks=(4, 3), compression="gzip", shuffle=True)
    file.create_dataset("fletcher", data=cells, chunks=(6, 5), fletcher32=True)
    file.create_dataset("lzf", data=cells, chunks=(6, 5), compression="lzf")
    file["frames"] = np.stack([cells, cells + 100, cells + 200])
    file.create_dataset("no_frames", shape=(0, 6, 5), dtype="f8", maxshape=(None, 6, 5))
    file.create_dataset("never_written", shape=(6, 5), dtype="f8", fillvalue=7.0)
    file["mask"] = cells % 2 == 0
    file["text"] = np.full((6, 5), b"x")
    file["strings"] = np.full((6, 5), "x", dtype=object)
    file["complex"] = cells + 1j
    file["long_double"] = cells.astype(np.longdouble)
    file["number"] = 3.0
    file["large"] = np.full((6, 5), 2**53 - 1)
    file["run/1/temperature"] = cells
    file["link"] = h5py.SoftLink("/run/1/temperature")
    file["broken"] = h5py.SoftLink("/nothing")
    file["elsewhere"] = h5py.ExternalLink("other.h5", "/x")
    file["circle"] = h5py.SoftLink("/circle")
    plain = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plain.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((6, 5))
    compact = h5py.h5d.create(file.id, b"compact", h5py.h5t.NATIVE_DOUBLE, space, plain)
    compact.write(h5py.h5s.ALL, h5py.h5s.ALL, cells)

with netCDF4.Dataset("packed.nc", "w") as file:
    for name, size in [("time", None), ("x", 6), ("y", 5)]:
        file.createDimension(name, size)
    packed = file.createVariable("t2m", "i2", ("time", "x", "y"), zlib=True, fill_value=-32767)
    packed.scale_factor, packed.add_offset = 0.5, 100.0
    packed[0] = cells
    packed[1] = np.ma.masked_equal(cells, 3) + 1

/**
 * One record per MPI ABI, with the same names in each: Open MPI, MPICH (and its kin: Intel MPI, Cray MPICH, MVAPICH),
 * MS-MPI, and the standard ABI of MPI 5.0. The values come from each implementation's `mpi.h` (MPICH 4.0.2,
 * Open MPI 4.1.4, MS-MPI 10.1, mpi-abi-stubs 1.0), x86-64.
 */

/** The names of the ABIs. */
export type AbiName = "mpich" | "openmpi" | "msmpi" | "standard";

/** The families of launchers; a launcher starts programs that use a library of the same family. */
export type Family = "openmpi" | "mpich" | "msmpi";

/** The name of a family for people. */
export const familyTitle: Record<Family, string> = { openmpi: "Open MPI", mpich: "MPICH", msmpi: "MS-MPI" };

/** The family that a library of an ABI belongs to; `undefined` for the standard ABI, which any launcher may serve. */
export function familyOf(abi: AbiName): Family | undefined {
  return abi === "standard" ? undefined : abi;
}

/**
 * A column of the tables below: a number, the name of an exported global whose address is the handle, `*name` of a
 * global that holds the value, or absent.
 */
type Cell = number | string | null;
type Row = readonly [mpich: Cell, openmpi: Cell, msmpi: Cell, standard: Cell];

// biome-ignore format: one constant a line
const constantTable = {
  // Communicators, groups and null handles
  MPI_COMM_WORLD: [0x44000000, "ompi_mpi_comm_world", 0x44000000, 0x101],
  MPI_COMM_SELF: [0x44000001, "ompi_mpi_comm_self", 0x44000001, 0x102],
  MPI_COMM_NULL: [0x04000000, "ompi_mpi_comm_null", 0x04000000, 0x100],
  MPI_GROUP_NULL: [0x08000000, "ompi_mpi_group_null", 0x08000000, 0x108],
  MPI_GROUP_EMPTY: [0x48000000, "ompi_mpi_group_empty", 0x48000000, 0x109],
  MPI_WIN_NULL: [0x20000000, "ompi_mpi_win_null", 0x20000000, 0x110],
  MPI_FILE_NULL: [0, "ompi_mpi_file_null", 0, 0x118],
  MPI_INFO_NULL: [0x1c000000, "ompi_mpi_info_null", 0x1c000000, 0x130],
  MPI_INFO_ENV: [0x5c000001, "ompi_mpi_info_env", null, 0x131],
  MPI_MESSAGE_NULL: [0x2c000000, "ompi_message_null", 0x30000000, 0x128],
  MPI_MESSAGE_NO_PROC: [0x6c000000, "ompi_message_no_proc", 0x70000000, 0x129],
  MPI_REQUEST_NULL: [0x2c000000, "ompi_request_null", 0x2c000000, 0x180],
  // Error handlers
  MPI_ERRHANDLER_NULL: [0x14000000, "ompi_mpi_errhandler_null", 0x14000000, 0x140],
  MPI_ERRORS_ARE_FATAL: [0x54000000, "ompi_mpi_errors_are_fatal", 0x54000000, 0x141],
  MPI_ERRORS_RETURN: [0x54000001, "ompi_mpi_errors_return", 0x54000001, 0x143],
  MPI_ERRORS_ABORT: [0x54000003, null, null, 0x142],
  // Reduction ops
  MPI_OP_NULL: [0x18000000, "ompi_mpi_op_null", 0x18000000, 0x020],
  MPI_MAX: [0x58000001, "ompi_mpi_op_max", 0x58000001, 0x023],
  MPI_MIN: [0x58000002, "ompi_mpi_op_min", 0x58000002, 0x022],
  MPI_SUM: [0x58000003, "ompi_mpi_op_sum", 0x58000003, 0x021],
  MPI_PROD: [0x58000004, "ompi_mpi_op_prod", 0x58000004, 0x024],
  MPI_LAND: [0x58000005, "ompi_mpi_op_land", 0x58000005, 0x030],
  MPI_BAND: [0x58000006, "ompi_mpi_op_band", 0x58000006, 0x028],
  MPI_LOR: [0x58000007, "ompi_mpi_op_lor", 0x58000007, 0x031],
  MPI_BOR: [0x58000008, "ompi_mpi_op_bor", 0x58000008, 0x029],
  MPI_LXOR: [0x58000009, "ompi_mpi_op_lxor", 0x58000009, 0x032],
  MPI_BXOR: [0x5800000a, "ompi_mpi_op_bxor", 0x5800000a, 0x02a],
  MPI_MINLOC: [0x5800000b, "ompi_mpi_op_minloc", 0x5800000b, 0x038],
  MPI_MAXLOC: [0x5800000c, "ompi_mpi_op_maxloc", 0x5800000c, 0x039],
  MPI_REPLACE: [0x5800000d, "ompi_mpi_op_replace", 0x5800000d, 0x03c],
  MPI_NO_OP: [0x5800000e, "ompi_mpi_op_no_op", 0x5800000e, 0x03d],
  // Datatypes
  MPI_DATATYPE_NULL: [0x0c000000, "ompi_mpi_datatype_null", 0x0c000000, 0x200],
  MPI_BYTE: [0x4c00010d, "ompi_mpi_byte", 0x4c00010d, 0x247],
  MPI_PACKED: [0x4c00010f, "ompi_mpi_packed", 0x4c00010f, 0x207],
  MPI_CHAR: [0x4c000101, "ompi_mpi_char", 0x4c000101, 0x243],
  MPI_SIGNED_CHAR: [0x4c000118, "ompi_mpi_signed_char", 0x4c000118, 0x244],
  MPI_UNSIGNED_CHAR: [0x4c000102, "ompi_mpi_unsigned_char", 0x4c000102, 0x245],
  MPI_SHORT: [0x4c000203, "ompi_mpi_short", 0x4c000203, 0x208],
  MPI_UNSIGNED_SHORT: [0x4c000204, "ompi_mpi_unsigned_short", 0x4c000204, 0x20c],
  MPI_INT: [0x4c000405, "ompi_mpi_int", 0x4c000405, 0x209],
  MPI_UNSIGNED: [0x4c000406, "ompi_mpi_unsigned", 0x4c000406, 0x20d],
  MPI_LONG: [0x4c000807, "ompi_mpi_long", 0x4c000407, 0x20a],
  MPI_UNSIGNED_LONG: [0x4c000808, "ompi_mpi_unsigned_long", 0x4c000408, 0x20e],
  MPI_LONG_LONG: [0x4c000809, "ompi_mpi_long_long_int", 0x4c000809, 0x20b],
  MPI_UNSIGNED_LONG_LONG: [0x4c000819, "ompi_mpi_unsigned_long_long", 0x4c000819, 0x20f],
  MPI_FLOAT: [0x4c00040a, "ompi_mpi_float", 0x4c00040a, 0x210],
  MPI_DOUBLE: [0x4c00080b, "ompi_mpi_double", 0x4c00080b, 0x214],
  MPI_INT8_T: [0x4c000137, "ompi_mpi_int8_t", 0x4c000133, 0x240],
  MPI_UINT8_T: [0x4c00013b, "ompi_mpi_uint8_t", 0x4c000137, 0x241],
  MPI_INT16_T: [0x4c000238, "ompi_mpi_int16_t", 0x4c000234, 0x248],
  MPI_UINT16_T: [0x4c00023c, "ompi_mpi_uint16_t", 0x4c000238, 0x249],
  MPI_INT32_T: [0x4c000439, "ompi_mpi_int32_t", 0x4c000435, 0x250],
  MPI_UINT32_T: [0x4c00043d, "ompi_mpi_uint32_t", 0x4c000439, 0x251],
  MPI_INT64_T: [0x4c00083a, "ompi_mpi_int64_t", 0x4c000836, 0x258],
  MPI_UINT64_T: [0x4c00083e, "ompi_mpi_uint64_t", 0x4c00083a, 0x259],
  MPI_C_BOOL: [0x4c00013f, "ompi_mpi_c_bool", 0x4c000117, 0x238],
  MPI_C_FLOAT_COMPLEX: [0x4c000840, "ompi_mpi_c_float_complex", 0x4c000813, 0x212],
  MPI_C_DOUBLE_COMPLEX: [0x4c001041, "ompi_mpi_c_double_complex", 0x4c001014, 0x216],
  MPI_AINT: [0x4c000843, "ompi_mpi_aint", 0x4c00083b, 0x201],
  MPI_OFFSET: [0x4c000844, "ompi_mpi_offset", 0x4c00083c, 0x203],
  MPI_COUNT: [0x4c000845, "ompi_mpi_count", 0x4c00083d, 0x202],
  MPI_FLOAT_INT: [-1946157056, "ompi_mpi_float_int", -1946157056, 0x228],
  MPI_DOUBLE_INT: [-1946157055, "ompi_mpi_double_int", -1946157055, 0x229],
  MPI_LONG_INT: [-1946157054, "ompi_mpi_long_int", -1946157054, 0x22a],
  MPI_SHORT_INT: [-1946157053, "ompi_mpi_short_int", -1946157053, 0x22c],
  MPI_2INT: [0x4c000816, "ompi_mpi_2int", 0x4c000816, 0x22b],
  // Buffer / ignore sentinels
  MPI_BOTTOM: [0, 0, 0, 0],
  MPI_IN_PLACE: [-1, 1, -1, 1],
  MPI_STATUS_IGNORE: [1, 0, 1, 0],
  MPI_STATUSES_IGNORE: [1, 0, 1, 0],
  MPI_UNWEIGHTED: ["*MPI_UNWEIGHTED", 2, 1, 10],
  MPI_WEIGHTS_EMPTY: ["*MPI_WEIGHTS_EMPTY", 3, 2, 11],
  // Rank and tag sentinels
  MPI_ANY_SOURCE: [-2, -1, -2, -1],
  MPI_ANY_TAG: [-1, -1, -1, -2],
  MPI_PROC_NULL: [-1, -2, -1, -3],
  MPI_ROOT: [-3, -4, -3, -4],
  MPI_UNDEFINED: [-32766, -32766, -32766, -32766],
  // Thread levels
  MPI_THREAD_SINGLE: [0, 0, 0, 0],
  MPI_THREAD_FUNNELED: [1, 1, 1, 1024],
  MPI_THREAD_SERIALIZED: [2, 2, 2, 2048],
  MPI_THREAD_MULTIPLE: [3, 3, 3, 4096],
  // MPI-IO and RMA modes
  MPI_MODE_RDONLY: [2, 2, 2, 16],
  MPI_MODE_WRONLY: [4, 4, 4, 256],
  MPI_MODE_RDWR: [8, 8, 8, 32],
  MPI_MODE_CREATE: [1, 1, 1, 2],
  MPI_MODE_EXCL: [64, 64, 64, 8],
  MPI_MODE_DELETE_ON_CLOSE: [16, 16, 16, 4],
  MPI_MODE_UNIQUE_OPEN: [32, 32, 32, 128],
  MPI_MODE_APPEND: [128, 128, 128, 1],
  MPI_MODE_SEQUENTIAL: [256, 256, 256, 64],
  MPI_MODE_NOCHECK: [1024, 1, 1024, 1024],
  MPI_MODE_NOSTORE: [2048, 8, 2048, 8192],
  MPI_MODE_NOPUT: [4096, 4, 4096, 4096],
  MPI_MODE_NOPRECEDE: [8192, 2, 8192, 2048],
  MPI_MODE_NOSUCCEED: [16384, 16, 16384, 16384],
  MPI_SEEK_SET: [600, 600, 600, 403],
  MPI_SEEK_CUR: [602, 602, 602, 401],
  MPI_SEEK_END: [604, 604, 604, 402],
  MPI_DISPLACEMENT_CURRENT: [-54278278, -54278278, -54278278, -1],
  // Locks, windows, split types
  MPI_LOCK_EXCLUSIVE: [234, 1, 234, 301],
  MPI_LOCK_SHARED: [235, 2, 235, 302],
  MPI_WIN_FLAVOR_CREATE: [1, 1, 1, 311],
  MPI_WIN_FLAVOR_ALLOCATE: [2, 2, 2, 312],
  MPI_WIN_FLAVOR_DYNAMIC: [3, 3, 3, 313],
  MPI_WIN_FLAVOR_SHARED: [4, 4, 4, 314],
  MPI_WIN_SEPARATE: [1, 1, 1, 322],
  MPI_WIN_UNIFIED: [2, 0, 2, 321],
  MPI_COMM_TYPE_SHARED: [1, 0, 1, 221],
  // Array order
  MPI_ORDER_C: [56, 0, 56, 12],
  MPI_ORDER_FORTRAN: [57, 1, 57, 15],
  // Comparison / topology kinds
  MPI_IDENT: [0, 0, 0, 201],
  MPI_CONGRUENT: [1, 1, 1, 202],
  MPI_SIMILAR: [2, 2, 2, 203],
  MPI_UNEQUAL: [3, 3, 3, 204],
  MPI_CART: [2, 1, 2, 211],
  MPI_GRAPH: [1, 2, 1, 212],
  MPI_DIST_GRAPH: [3, 3, 3, 213],
  // Attribute keys
  MPI_KEYVAL_INVALID: [0x24000000, -1, 0x24000000, 0],
  MPI_HOST: [0x64400003, 1, 0x64400003, 503],
  MPI_IO: [0x64400005, 2, 0x64400005, 502],
  MPI_WTIME_IS_GLOBAL: [0x64400007, 3, 0x64400007, 504],
  MPI_UNIVERSE_SIZE: [0x64400009, 6, 0x64400009, 507],
  MPI_LASTUSEDCODE: [0x6440000b, 5, 0x6440000b, 506],
  MPI_APPNUM: [0x6440000d, 4, 0x6440000d, 505],
  MPI_WIN_BASE: [0x66000001, 7, 0x66000001, 601],
  MPI_WIN_SIZE: [0x66000003, 8, 0x66000003, 603],
  MPI_WIN_DISP_UNIT: [0x66000005, 9, 0x66000005, 602],
  MPI_WIN_CREATE_FLAVOR: [0x66000007, 10, 0x66000007, 604],
  MPI_WIN_MODEL: [0x66000009, 11, 0x66000009, 605],
  MPI_TAG_UB: [0x64400001, 0, 0x64400001, 501],
  // Functions that copy and delete attributes
  MPI_COMM_NULL_COPY_FN: [0, "OMPI_C_MPI_COMM_NULL_COPY_FN", 0, 0],
  MPI_COMM_DUP_FN: ["MPIR_Dup_fn", "OMPI_C_MPI_COMM_DUP_FN", "MPIR_Dup_fn", 1],
  MPI_COMM_NULL_DELETE_FN: [0, "OMPI_C_MPI_COMM_NULL_DELETE_FN", 0, 0],
  // String limits
  MPI_MAX_PROCESSOR_NAME: [128, 256, 128, 256],
  MPI_MAX_ERROR_STRING: [512, 256, 512, 512],
  MPI_MAX_LIBRARY_VERSION_STRING: [8192, 256, 64, 8192],
  MPI_MAX_OBJECT_NAME: [128, 64, 128, 128],
  MPI_MAX_INFO_KEY: [255, 36, 255, 256],
  MPI_MAX_INFO_VAL: [1024, 256, 1024, 1024],
  MPI_BSEND_OVERHEAD: [96, 128, 95, 512],
} as const satisfies Record<string, Row>;

// biome-ignore format: one constant a line
const errorClassTable: Record<string, readonly [number | null, number | null, number | null, number | null]> = {
  MPI_ERR_BUFFER: [1, 1, 1, 1],
  MPI_ERR_COUNT: [2, 2, 2, 2],
  MPI_ERR_TYPE: [3, 3, 3, 3],
  MPI_ERR_TAG: [4, 4, 4, 4],
  MPI_ERR_COMM: [5, 5, 5, 5],
  MPI_ERR_RANK: [6, 6, 6, 6],
  MPI_ERR_REQUEST: [19, 7, 19, 7],
  MPI_ERR_ROOT: [7, 8, 7, 8],
  MPI_ERR_GROUP: [8, 9, 8, 9],
  MPI_ERR_OP: [9, 10, 9, 10],
  MPI_ERR_TOPOLOGY: [10, 11, 10, 11],
  MPI_ERR_DIMS: [11, 12, 11, 12],
  MPI_ERR_ARG: [12, 13, 12, 13],
  MPI_ERR_UNKNOWN: [13, 14, 13, 14],
  MPI_ERR_TRUNCATE: [14, 15, 14, 15],
  MPI_ERR_OTHER: [15, 16, 15, 16],
  MPI_ERR_INTERN: [16, 17, 16, 17],
  MPI_ERR_IN_STATUS: [17, 18, 17, 19],
  MPI_ERR_PENDING: [18, 19, 18, 18],
  MPI_ERR_ACCESS: [20, 20, 20, 20],
  MPI_ERR_AMODE: [21, 21, 21, 21],
  MPI_ERR_ASSERT: [53, 22, 53, 22],
  MPI_ERR_BAD_FILE: [22, 23, 22, 23],
  MPI_ERR_BASE: [46, 24, 46, 24],
  MPI_ERR_CONVERSION: [23, 25, 23, 25],
  MPI_ERR_DISP: [52, 26, 52, 26],
  MPI_ERR_DUP_DATAREP: [24, 27, 24, 27],
  MPI_ERR_FILE_EXISTS: [25, 28, 25, 28],
  MPI_ERR_FILE_IN_USE: [26, 29, 26, 29],
  MPI_ERR_FILE: [27, 30, 27, 30],
  MPI_ERR_INFO_KEY: [29, 31, 29, 31],
  MPI_ERR_INFO_NOKEY: [31, 32, 31, 32],
  MPI_ERR_INFO_VALUE: [30, 33, 30, 33],
  MPI_ERR_INFO: [28, 34, 28, 34],
  MPI_ERR_IO: [32, 35, 32, 35],
  MPI_ERR_KEYVAL: [48, 36, 48, 36],
  MPI_ERR_LOCKTYPE: [47, 37, 47, 37],
  MPI_ERR_NAME: [33, 38, 33, 38],
  MPI_ERR_NO_MEM: [34, 39, 34, 39],
  MPI_ERR_NOT_SAME: [35, 40, 35, 40],
  MPI_ERR_NO_SPACE: [36, 41, 36, 41],
  MPI_ERR_NO_SUCH_FILE: [37, 42, 37, 42],
  MPI_ERR_PORT: [38, 43, 38, 43],
  MPI_ERR_QUOTA: [39, 44, 39, 44],
  MPI_ERR_READ_ONLY: [40, 45, 40, 45],
  MPI_ERR_RMA_ATTACH: [56, 69, null, 46],
  MPI_ERR_RMA_CONFLICT: [49, 46, 49, 47],
  MPI_ERR_RMA_RANGE: [55, 68, null, 48],
  MPI_ERR_RMA_SHARED: [57, 71, null, 49],
  MPI_ERR_RMA_SYNC: [50, 47, 50, 50],
  MPI_ERR_RMA_FLAVOR: [58, 70, null, 57],
  MPI_ERR_SERVICE: [41, 48, 41, 51],
  MPI_ERR_SIZE: [51, 49, 51, 52],
  MPI_ERR_SPAWN: [42, 50, 42, 53],
  MPI_ERR_UNSUPPORTED_DATAREP: [43, 51, 43, 54],
  MPI_ERR_UNSUPPORTED_OPERATION: [44, 52, 44, 55],
  MPI_ERR_WIN: [45, 53, 45, 56],
  MPI_ERR_PROC_ABORTED: [76, null, null, 58],
  MPI_ERR_VALUE_TOO_LARGE: [77, null, null, 59],
  MPI_ERR_SESSION: [75, null, null, 60],
  MPI_ERR_ERRHANDLER: [null, null, null, 61],
  MPI_ERR_ABI: [null, null, null, 62],
};

/** A constant of `mpi.h` by its C name. */
export type Constant = keyof typeof constantTable;

/** Sizes and layouts that differ between the ABIs; all in bytes. */
export interface Abi {
  readonly name: AbiName;
  /** What people call the implementations of this ABI. */
  readonly title: string;
  /** `sizeof` of `MPI_Comm`, `MPI_Datatype`, `MPI_Op`, `MPI_Request`, `MPI_Group`: an `int` or a pointer. */
  readonly handleSize: 4 | 8;
  /** `sizeof(MPI_Status)`, and with it the stride of an array of statuses. */
  readonly statusSize: 20 | 24 | 32;
  /** Offset of `MPI_SOURCE` in a status; `MPI_TAG` and `MPI_ERROR` follow it, 4 bytes each. */
  readonly statusSource: 0 | 8;
  /**
   * Where a status keeps the bytes received: offsets of the low and the high word, and the bit at which the high one
   * begins. Absent where the standard leaves it open; `MPI_Get_count` tells it everywhere, for another foreign call.
   */
  readonly statusBytes?: { readonly low: number; readonly high: number; readonly shift: number };
}

const abis = {
  mpich: {
    name: "mpich",
    title: "MPICH",
    handleSize: 4,
    statusSize: 20,
    statusSource: 8,
    statusBytes: { low: 0, high: 4, shift: 1 },
  },
  openmpi: {
    name: "openmpi",
    title: "Open MPI",
    handleSize: 8,
    statusSize: 24,
    statusSource: 0,
    statusBytes: { low: 16, high: 20, shift: 0 },
  },
  msmpi: { name: "msmpi", title: "MS-MPI", handleSize: 4, statusSize: 20, statusSource: 8 },
  standard: { name: "standard", title: "MPI standard ABI", handleSize: 8, statusSize: 32, statusSource: 0 },
} as const satisfies Record<AbiName, Abi>;

const column: Record<AbiName, 0 | 1 | 2 | 3> = { mpich: 0, openmpi: 1, msmpi: 2, standard: 3 };

/** The layout record of an ABI. */
export function abiOf(name: AbiName): Abi {
  return abis[name];
}

/**
 * Every constant of an ABI as a number. `addressOfSymbol` gives the address of an exported global (Open MPI's handles
 * are such addresses), `valueOfSymbol` the pointer in one. A constant that the ABI lacks is left out.
 */
export function constantsOf(
  name: AbiName,
  addressOfSymbol: (symbol: string) => number | undefined,
  valueOfSymbol: (symbol: string) => number | undefined = () => undefined,
) {
  const constants = {} as Record<Constant, number>;
  for (const [key, row] of Object.entries(constantTable)) {
    const cell: Cell = row[column[name]];
    const value =
      typeof cell !== "string" ? cell : cell.startsWith("*") ? valueOfSymbol(cell.slice(1)) : addressOfSymbol(cell);
    if (value !== null && value !== undefined) constants[key as Constant] = value;
  }
  return constants;
}

/** The names of the error classes of an ABI by number, e.g. 15 to `MPI_ERR_TRUNCATE`. */
export function errorClassesOf(name: AbiName): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [key, row] of Object.entries(errorClassTable)) {
    const value = row[column[name]];
    if (value !== null && value !== undefined) names.set(value, key);
  }
  return names;
}

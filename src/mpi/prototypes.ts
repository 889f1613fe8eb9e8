/**
 * The C prototypes of the MPI functions that are called, without the return type (`int`, or as listed in `doubles`).
 * Buffers, output arguments, requests and statuses are pointers and travel as addresses (JavaScript numbers); handles
 * are `int` or pointers, as the ABI says. The `I` forms serve blocking calls where ranks share cores.
 */
export const prototypes = {
  MPI_Init_thread: "void *argc, void *argv, int required, int *provided",
  MPI_Initialized: "int *flag",
  MPI_Finalize: "void",
  MPI_Abort: "MPI_Comm comm, int errorcode",
  MPI_Wtime: "void",
  MPI_Get_library_version: "char *version, int *resultlen",
  MPI_Get_version: "int *version, int *subversion",
  MPI_Get_processor_name: "char *name, int *resultlen",
  MPI_Error_class: "int errorcode, int *errorclass",
  MPI_Error_string: "int errorcode, char *string, int *resultlen",

  MPI_Comm_rank: "MPI_Comm comm, int *rank",
  MPI_Comm_size: "MPI_Comm comm, int *size",
  MPI_Comm_set_errhandler: "MPI_Comm comm, MPI_Errhandler errhandler",
  MPI_Comm_dup: "MPI_Comm comm, MPI_Comm *newcomm",
  MPI_Comm_split: "MPI_Comm comm, int color, int key, MPI_Comm *newcomm",
  MPI_Comm_split_type: "MPI_Comm comm, int split_type, int key, MPI_Info info, MPI_Comm *newcomm",
  MPI_Comm_free: "MPI_Comm *comm",
  MPI_Cart_create:
    "MPI_Comm comm_old, int ndims, const int *dims, const int *periods, int reorder, MPI_Comm *comm_cart",
  MPI_Cart_coords: "MPI_Comm comm, int rank, int maxdims, int *coords",
  MPI_Cart_rank: "MPI_Comm comm, const int *coords, int *rank",
  MPI_Cart_shift: "MPI_Comm comm, int direction, int disp, int *rank_source, int *rank_dest",

  MPI_Send: "const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm",
  MPI_Recv: "void *buf, int count, MPI_Datatype datatype, int source, int tag, MPI_Comm comm, MPI_Status *status",
  MPI_Sendrecv:
    "const void *sendbuf, int sendcount, MPI_Datatype sendtype, int dest, int sendtag, void *recvbuf, int recvcount, MPI_Datatype recvtype, int source, int recvtag, MPI_Comm comm, MPI_Status *status",
  MPI_Isend:
    "const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm, MPI_Request *request",
  MPI_Irecv: "void *buf, int count, MPI_Datatype datatype, int source, int tag, MPI_Comm comm, MPI_Request *request",
  MPI_Send_init:
    "const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm, MPI_Request *request",
  MPI_Recv_init:
    "void *buf, int count, MPI_Datatype datatype, int source, int tag, MPI_Comm comm, MPI_Request *request",
  MPI_Startall: "int count, MPI_Request *requests",
  MPI_Wait: "MPI_Request *request, MPI_Status *status",
  MPI_Waitall: "int count, MPI_Request *requests, MPI_Status *statuses",
  MPI_Test: "MPI_Request *request, int *flag, MPI_Status *status",
  MPI_Testall: "int count, MPI_Request *requests, int *flag, MPI_Status *statuses",
  MPI_Request_free: "MPI_Request *request",
  MPI_Get_count: "const MPI_Status *status, MPI_Datatype datatype, int *count",

  MPI_Barrier: "MPI_Comm comm",
  MPI_Bcast: "void *buffer, int count, MPI_Datatype datatype, int root, MPI_Comm comm",
  MPI_Reduce:
    "const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, int root, MPI_Comm comm",
  MPI_Allreduce: "const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, MPI_Comm comm",
  MPI_Gather:
    "const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm",
  MPI_Allgather:
    "const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount, MPI_Datatype recvtype, MPI_Comm comm",
  MPI_Ibarrier: "MPI_Comm comm, MPI_Request *request",
  MPI_Ibcast: "void *buffer, int count, MPI_Datatype datatype, int root, MPI_Comm comm, MPI_Request *request",
  MPI_Ireduce:
    "const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, int root, MPI_Comm comm, MPI_Request *request",
  MPI_Iallreduce:
    "const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, MPI_Comm comm, MPI_Request *request",
  MPI_Igather:
    "const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm, MPI_Request *request",
  MPI_Iallgather:
    "const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount, MPI_Datatype recvtype, MPI_Comm comm, MPI_Request *request",
} as const satisfies Record<string, string>;

/** Functions that return `double` instead of an error code. */
export const doubles: ReadonlySet<string> = new Set(["MPI_Wtime"]);

/** The name of an MPI function that is bound. */
export type FunctionName = keyof typeof prototypes;

type Arguments<Text extends string> = Text extends "void"
  ? []
  : Text extends `${string},${infer Rest}`
    ? [number, ...Arguments<Rest>]
    : [number];

/** The bound functions by their C names; every argument and result is a number. */
export type Raw = {
  readonly [Name in FunctionName]: (...values: Arguments<(typeof prototypes)[Name]>) => number;
};

/** koffi's type of one C parameter; pointers are integers so that plain addresses are accepted. */
export function parameterType(parameter: string, handleSize: 4 | 8): string {
  if (parameter.includes("*") || parameter.includes("MPI_Aint")) return "int64_t";
  if (parameter.includes("MPI_")) return handleSize === 4 ? "int32_t" : "int64_t";
  return "int32_t";
}

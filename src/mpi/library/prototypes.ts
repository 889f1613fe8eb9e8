/**
 * The C prototypes of the MPI functions that are called, without the return type (`int`, or as listed in `doubles`).
 * Buffers, output arguments, requests and statuses are pointers and travel as addresses (JavaScript numbers); handles
 * are `int` or pointers, as the ABI says.
 */
const functions = {
  // Environment
  MPI_Init_thread: "void *argc, void *argv, int required, int *provided",
  MPI_Initialized: "int *flag",
  MPI_Finalize: "void",
  MPI_Abort: "MPI_Comm comm, int errorcode",
  MPI_Wtime: "void",
  MPI_Wtick: "void",
  MPI_Get_library_version: "char *version, int *resultlen",
  MPI_Get_version: "int *version, int *subversion",
  MPI_Get_processor_name: "char *name, int *resultlen",
  MPI_Error_class: "int errorcode, int *errorclass",
  MPI_Error_string: "int errorcode, char *string, int *resultlen",
  MPI_Buffer_attach: "void *buffer, int size",
  MPI_Buffer_detach: "void *buffer_addr, int *size",
  // Communicators
  MPI_Comm_rank: "MPI_Comm comm, int *rank",
  MPI_Comm_size: "MPI_Comm comm, int *size",
  MPI_Comm_remote_size: "MPI_Comm comm, int *size",
  MPI_Comm_test_inter: "MPI_Comm comm, int *flag",
  MPI_Comm_set_errhandler: "MPI_Comm comm, MPI_Errhandler errhandler",
  MPI_Comm_dup: "MPI_Comm comm, MPI_Comm *newcomm",
  MPI_Comm_dup_with_info: "MPI_Comm comm, MPI_Info info, MPI_Comm *newcomm",
  MPI_Comm_split: "MPI_Comm comm, int color, int key, MPI_Comm *newcomm",
  MPI_Comm_split_type: "MPI_Comm comm, int split_type, int key, MPI_Info info, MPI_Comm *newcomm",
  MPI_Comm_create: "MPI_Comm comm, MPI_Group group, MPI_Comm *newcomm",
  MPI_Comm_create_group: "MPI_Comm comm, MPI_Group group, int tag, MPI_Comm *newcomm",
  MPI_Comm_compare: "MPI_Comm comm1, MPI_Comm comm2, int *result",
  MPI_Comm_group: "MPI_Comm comm, MPI_Group *group",
  MPI_Comm_free: "MPI_Comm *comm",
  MPI_Comm_set_name: "MPI_Comm comm, const char *comm_name",
  MPI_Comm_get_name: "MPI_Comm comm, char *comm_name, int *resultlen",
  MPI_Comm_set_info: "MPI_Comm comm, MPI_Info info",
  MPI_Comm_get_info: "MPI_Comm comm, MPI_Info *info_used",
  MPI_Comm_create_keyval:
    "MPI_Comm_copy_attr_function *comm_copy_attr_fn, MPI_Comm_delete_attr_function *comm_delete_attr_fn, int *comm_keyval, void *extra_state",
  MPI_Comm_free_keyval: "int *comm_keyval",
  MPI_Comm_set_attr: "MPI_Comm comm, int comm_keyval, void *attribute_val",
  MPI_Comm_get_attr: "MPI_Comm comm, int comm_keyval, void *attribute_val, int *flag",
  MPI_Comm_delete_attr: "MPI_Comm comm, int comm_keyval",
  MPI_Intercomm_create:
    "MPI_Comm local_comm, int local_leader, MPI_Comm peer_comm, int remote_leader, int tag, MPI_Comm *newintercomm",
  MPI_Intercomm_merge: "MPI_Comm intercomm, int high, MPI_Comm *newintracomm",
  MPI_Comm_remote_group: "MPI_Comm comm, MPI_Group *group",
  // Groups
  MPI_Group_rank: "MPI_Group group, int *rank",
  MPI_Group_size: "MPI_Group group, int *size",
  MPI_Group_incl: "MPI_Group group, int n, const int *ranks, MPI_Group *newgroup",
  MPI_Group_excl: "MPI_Group group, int n, const int *ranks, MPI_Group *newgroup",
  MPI_Group_union: "MPI_Group group1, MPI_Group group2, MPI_Group *newgroup",
  MPI_Group_intersection: "MPI_Group group1, MPI_Group group2, MPI_Group *newgroup",
  MPI_Group_difference: "MPI_Group group1, MPI_Group group2, MPI_Group *newgroup",
  MPI_Group_compare: "MPI_Group group1, MPI_Group group2, int *result",
  MPI_Group_translate_ranks: "MPI_Group group1, int n, const int *ranks1, MPI_Group group2, int *ranks2",
  MPI_Group_free: "MPI_Group *group",
  // Topologies
  MPI_Cart_create:
    "MPI_Comm comm_old, int ndims, const int *dims, const int *periods, int reorder, MPI_Comm *comm_cart",
  MPI_Cart_coords: "MPI_Comm comm, int rank, int maxdims, int *coords",
  MPI_Cart_rank: "MPI_Comm comm, const int *coords, int *rank",
  MPI_Cart_shift: "MPI_Comm comm, int direction, int disp, int *rank_source, int *rank_dest",
  MPI_Cart_sub: "MPI_Comm comm, const int *remain_dims, MPI_Comm *newcomm",
  MPI_Dims_create: "int nnodes, int ndims, int *dims",
  MPI_Dist_graph_create:
    "MPI_Comm comm_old, int n, const int *sources, const int *degrees, const int *destinations, const int *weights, MPI_Info info, int reorder, MPI_Comm *comm_dist_graph",
  MPI_Dist_graph_create_adjacent:
    "MPI_Comm comm_old, int indegree, const int *sources, const int *sourceweights, int outdegree, const int *destinations, const int *destweights, MPI_Info info, int reorder, MPI_Comm *comm_dist_graph",
  MPI_Dist_graph_neighbors_count: "MPI_Comm comm, int *indegree, int *outdegree, int *weighted",
  MPI_Dist_graph_neighbors:
    "MPI_Comm comm, int maxindegree, int *sources, int *sourceweights, int maxoutdegree, int *destinations, int *destweights",
  MPI_Topo_test: "MPI_Comm comm, int *status",
  // Info
  MPI_Info_create: "MPI_Info *info",
  MPI_Info_set: "MPI_Info info, const char *key, const char *value",
  MPI_Info_get: "MPI_Info info, const char *key, int valuelen, char *value, int *flag",
  MPI_Info_get_valuelen: "MPI_Info info, const char *key, int *valuelen, int *flag",
  MPI_Info_get_nkeys: "MPI_Info info, int *nkeys",
  MPI_Info_get_nthkey: "MPI_Info info, int n, char *key",
  MPI_Info_delete: "MPI_Info info, const char *key",
  MPI_Info_dup: "MPI_Info info, MPI_Info *newinfo",
  MPI_Info_free: "MPI_Info *info",
  // Point to point
  MPI_Send: "const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm",
  MPI_Ssend: "const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm",
  MPI_Bsend: "const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm",
  MPI_Rsend: "const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm",
  MPI_Recv: "void *buf, int count, MPI_Datatype datatype, int source, int tag, MPI_Comm comm, MPI_Status *status",
  MPI_Sendrecv:
    "const void *sendbuf, int sendcount, MPI_Datatype sendtype, int dest, int sendtag, void *recvbuf, int recvcount, MPI_Datatype recvtype, int source, int recvtag, MPI_Comm comm, MPI_Status *status",
  MPI_Sendrecv_replace:
    "void *buf, int count, MPI_Datatype datatype, int dest, int sendtag, int source, int recvtag, MPI_Comm comm, MPI_Status *status",
  MPI_Isend:
    "const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm, MPI_Request *request",
  MPI_Issend:
    "const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm, MPI_Request *request",
  MPI_Ibsend:
    "const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm, MPI_Request *request",
  MPI_Irsend:
    "const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm, MPI_Request *request",
  MPI_Irecv: "void *buf, int count, MPI_Datatype datatype, int source, int tag, MPI_Comm comm, MPI_Request *request",
  MPI_Probe: "int source, int tag, MPI_Comm comm, MPI_Status *status",
  MPI_Iprobe: "int source, int tag, MPI_Comm comm, int *flag, MPI_Status *status",
  MPI_Mprobe: "int source, int tag, MPI_Comm comm, MPI_Message *message, MPI_Status *status",
  MPI_Improbe: "int source, int tag, MPI_Comm comm, int *flag, MPI_Message *message, MPI_Status *status",
  MPI_Mrecv: "void *buf, int count, MPI_Datatype datatype, MPI_Message *message, MPI_Status *status",
  MPI_Imrecv: "void *buf, int count, MPI_Datatype datatype, MPI_Message *message, MPI_Request *request",
  MPI_Send_init:
    "const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm, MPI_Request *request",
  MPI_Ssend_init:
    "const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm, MPI_Request *request",
  MPI_Bsend_init:
    "const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm, MPI_Request *request",
  MPI_Rsend_init:
    "const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm, MPI_Request *request",
  MPI_Recv_init:
    "void *buf, int count, MPI_Datatype datatype, int source, int tag, MPI_Comm comm, MPI_Request *request",
  MPI_Start: "MPI_Request *request",
  MPI_Startall: "int count, MPI_Request *requests",
  // Requests
  MPI_Wait: "MPI_Request *request, MPI_Status *status",
  MPI_Waitall: "int count, MPI_Request *requests, MPI_Status *statuses",
  MPI_Waitany: "int count, MPI_Request *requests, int *index, MPI_Status *status",
  MPI_Waitsome: "int incount, MPI_Request *requests, int *outcount, int *indices, MPI_Status *statuses",
  MPI_Test: "MPI_Request *request, int *flag, MPI_Status *status",
  MPI_Testall: "int count, MPI_Request *requests, int *flag, MPI_Status *statuses",
  MPI_Testany: "int count, MPI_Request *requests, int *index, int *flag, MPI_Status *status",
  MPI_Testsome: "int incount, MPI_Request *requests, int *outcount, int *indices, MPI_Status *statuses",
  MPI_Cancel: "MPI_Request *request",
  MPI_Test_cancelled: "const MPI_Status *status, int *flag",
  MPI_Request_free: "MPI_Request *request",
  MPI_Request_get_status: "MPI_Request request, int *flag, MPI_Status *status",
  MPI_Get_count: "const MPI_Status *status, MPI_Datatype datatype, int *count",
  MPI_Get_elements: "const MPI_Status *status, MPI_Datatype datatype, int *count",
  // Datatypes
  MPI_Type_contiguous: "int count, MPI_Datatype oldtype, MPI_Datatype *newtype",
  MPI_Type_vector: "int count, int blocklength, int stride, MPI_Datatype oldtype, MPI_Datatype *newtype",
  MPI_Type_create_hvector: "int count, int blocklength, MPI_Aint stride, MPI_Datatype oldtype, MPI_Datatype *newtype",
  MPI_Type_indexed:
    "int count, const int *blocklengths, const int *displacements, MPI_Datatype oldtype, MPI_Datatype *newtype",
  MPI_Type_create_hindexed:
    "int count, const int *blocklengths, const MPI_Aint *displacements, MPI_Datatype oldtype, MPI_Datatype *newtype",
  MPI_Type_create_indexed_block:
    "int count, int blocklength, const int *displacements, MPI_Datatype oldtype, MPI_Datatype *newtype",
  MPI_Type_create_subarray:
    "int ndims, const int *sizes, const int *subsizes, const int *starts, int order, MPI_Datatype oldtype, MPI_Datatype *newtype",
  MPI_Type_create_struct:
    "int count, const int *blocklengths, const MPI_Aint *displacements, const MPI_Datatype *types, MPI_Datatype *newtype",
  MPI_Type_create_resized: "MPI_Datatype oldtype, MPI_Aint lb, MPI_Aint extent, MPI_Datatype *newtype",
  MPI_Type_dup: "MPI_Datatype oldtype, MPI_Datatype *newtype",
  MPI_Type_commit: "MPI_Datatype *datatype",
  MPI_Type_free: "MPI_Datatype *datatype",
  MPI_Type_size: "MPI_Datatype datatype, int *size",
  MPI_Type_get_extent: "MPI_Datatype datatype, MPI_Aint *lb, MPI_Aint *extent",
  MPI_Type_get_true_extent: "MPI_Datatype datatype, MPI_Aint *true_lb, MPI_Aint *true_extent",
  MPI_Type_set_name: "MPI_Datatype datatype, const char *type_name",
  MPI_Type_get_name: "MPI_Datatype datatype, char *type_name, int *resultlen",
  MPI_Pack:
    "const void *inbuf, int incount, MPI_Datatype datatype, void *outbuf, int outsize, int *position, MPI_Comm comm",
  MPI_Unpack:
    "const void *inbuf, int insize, int *position, void *outbuf, int outcount, MPI_Datatype datatype, MPI_Comm comm",
  MPI_Pack_size: "int incount, MPI_Datatype datatype, MPI_Comm comm, int *size",
  // Operations
  MPI_Op_create: "MPI_User_function *user_fn, int commute, MPI_Op *op",
  MPI_Op_free: "MPI_Op *op",
  MPI_Op_commutative: "MPI_Op op, int *commute",
  MPI_Reduce_local: "const void *inbuf, void *inoutbuf, int count, MPI_Datatype datatype, MPI_Op op",
  // One-sided
  MPI_Win_create: "void *base, MPI_Aint size, int disp_unit, MPI_Info info, MPI_Comm comm, MPI_Win *win",
  MPI_Win_allocate: "MPI_Aint size, int disp_unit, MPI_Info info, MPI_Comm comm, void *baseptr, MPI_Win *win",
  MPI_Win_allocate_shared: "MPI_Aint size, int disp_unit, MPI_Info info, MPI_Comm comm, void *baseptr, MPI_Win *win",
  MPI_Win_shared_query: "MPI_Win win, int rank, MPI_Aint *size, int *disp_unit, void *baseptr",
  MPI_Win_create_dynamic: "MPI_Info info, MPI_Comm comm, MPI_Win *win",
  MPI_Win_attach: "MPI_Win win, void *base, MPI_Aint size",
  MPI_Win_detach: "MPI_Win win, const void *base",
  MPI_Win_free: "MPI_Win *win",
  MPI_Win_set_errhandler: "MPI_Win win, MPI_Errhandler errhandler",
  MPI_Win_get_group: "MPI_Win win, MPI_Group *group",
  MPI_Win_set_name: "MPI_Win win, const char *win_name",
  MPI_Win_get_name: "MPI_Win win, char *win_name, int *resultlen",
  MPI_Win_get_attr: "MPI_Win win, int win_keyval, void *attribute_val, int *flag",
  MPI_Win_get_info: "MPI_Win win, MPI_Info *info_used",
  MPI_Win_fence: "int assert, MPI_Win win",
  MPI_Win_lock: "int lock_type, int rank, int assert, MPI_Win win",
  MPI_Win_unlock: "int rank, MPI_Win win",
  MPI_Win_lock_all: "int assert, MPI_Win win",
  MPI_Win_unlock_all: "MPI_Win win",
  MPI_Win_flush: "int rank, MPI_Win win",
  MPI_Win_flush_all: "MPI_Win win",
  MPI_Win_flush_local: "int rank, MPI_Win win",
  MPI_Win_flush_local_all: "MPI_Win win",
  MPI_Win_sync: "MPI_Win win",
  MPI_Win_post: "MPI_Group group, int assert, MPI_Win win",
  MPI_Win_start: "MPI_Group group, int assert, MPI_Win win",
  MPI_Win_complete: "MPI_Win win",
  MPI_Win_wait: "MPI_Win win",
  MPI_Win_test: "MPI_Win win, int *flag",
  MPI_Put:
    "const void *origin_addr, int origin_count, MPI_Datatype origin_datatype, int target_rank, MPI_Aint target_disp, int target_count, MPI_Datatype target_datatype, MPI_Win win",
  MPI_Get:
    "void *origin_addr, int origin_count, MPI_Datatype origin_datatype, int target_rank, MPI_Aint target_disp, int target_count, MPI_Datatype target_datatype, MPI_Win win",
  MPI_Accumulate:
    "const void *origin_addr, int origin_count, MPI_Datatype origin_datatype, int target_rank, MPI_Aint target_disp, int target_count, MPI_Datatype target_datatype, MPI_Op op, MPI_Win win",
  MPI_Get_accumulate:
    "const void *origin_addr, int origin_count, MPI_Datatype origin_datatype, void *result_addr, int result_count, MPI_Datatype result_datatype, int target_rank, MPI_Aint target_disp, int target_count, MPI_Datatype target_datatype, MPI_Op op, MPI_Win win",
  MPI_Fetch_and_op:
    "const void *origin_addr, void *result_addr, MPI_Datatype datatype, int target_rank, MPI_Aint target_disp, MPI_Op op, MPI_Win win",
  MPI_Compare_and_swap:
    "const void *origin_addr, const void *compare_addr, void *result_addr, MPI_Datatype datatype, int target_rank, MPI_Aint target_disp, MPI_Win win",
  MPI_Rput:
    "const void *origin_addr, int origin_count, MPI_Datatype origin_datatype, int target_rank, MPI_Aint target_disp, int target_count, MPI_Datatype target_datatype, MPI_Win win, MPI_Request *request",
  MPI_Rget:
    "void *origin_addr, int origin_count, MPI_Datatype origin_datatype, int target_rank, MPI_Aint target_disp, int target_count, MPI_Datatype target_datatype, MPI_Win win, MPI_Request *request",
  MPI_Raccumulate:
    "const void *origin_addr, int origin_count, MPI_Datatype origin_datatype, int target_rank, MPI_Aint target_disp, int target_count, MPI_Datatype target_datatype, MPI_Op op, MPI_Win win, MPI_Request *request",
  MPI_Rget_accumulate:
    "const void *origin_addr, int origin_count, MPI_Datatype origin_datatype, void *result_addr, int result_count, MPI_Datatype result_datatype, int target_rank, MPI_Aint target_disp, int target_count, MPI_Datatype target_datatype, MPI_Op op, MPI_Win win, MPI_Request *request",
  MPI_Get_address: "const void *location, MPI_Aint *address",
  // Files
  MPI_File_open: "MPI_Comm comm, const char *filename, int amode, MPI_Info info, MPI_File *file",
  MPI_File_close: "MPI_File *file",
  MPI_File_delete: "const char *filename, MPI_Info info",
  MPI_File_set_errhandler: "MPI_File file, MPI_Errhandler errhandler",
  MPI_File_set_view:
    "MPI_File file, MPI_Offset disp, MPI_Datatype etype, MPI_Datatype filetype, const char *datarep, MPI_Info info",
  MPI_File_get_view: "MPI_File file, MPI_Offset *disp, MPI_Datatype *etype, MPI_Datatype *filetype, char *datarep",
  MPI_File_set_size: "MPI_File file, MPI_Offset size",
  MPI_File_get_size: "MPI_File file, MPI_Offset *size",
  MPI_File_preallocate: "MPI_File file, MPI_Offset size",
  MPI_File_get_amode: "MPI_File file, int *amode",
  MPI_File_get_group: "MPI_File file, MPI_Group *group",
  MPI_File_get_info: "MPI_File file, MPI_Info *info_used",
  MPI_File_set_info: "MPI_File file, MPI_Info info",
  MPI_File_set_atomicity: "MPI_File file, int flag",
  MPI_File_get_atomicity: "MPI_File file, int *flag",
  MPI_File_sync: "MPI_File file",
  MPI_File_read: "MPI_File file, void *buf, int count, MPI_Datatype datatype, MPI_Status *status",
  MPI_File_write: "MPI_File file, const void *buf, int count, MPI_Datatype datatype, MPI_Status *status",
  MPI_File_read_all: "MPI_File file, void *buf, int count, MPI_Datatype datatype, MPI_Status *status",
  MPI_File_write_all: "MPI_File file, const void *buf, int count, MPI_Datatype datatype, MPI_Status *status",
  MPI_File_read_at: "MPI_File file, MPI_Offset offset, void *buf, int count, MPI_Datatype datatype, MPI_Status *status",
  MPI_File_write_at:
    "MPI_File file, MPI_Offset offset, const void *buf, int count, MPI_Datatype datatype, MPI_Status *status",
  MPI_File_read_at_all:
    "MPI_File file, MPI_Offset offset, void *buf, int count, MPI_Datatype datatype, MPI_Status *status",
  MPI_File_write_at_all:
    "MPI_File file, MPI_Offset offset, const void *buf, int count, MPI_Datatype datatype, MPI_Status *status",
  MPI_File_read_shared: "MPI_File file, void *buf, int count, MPI_Datatype datatype, MPI_Status *status",
  MPI_File_write_shared: "MPI_File file, const void *buf, int count, MPI_Datatype datatype, MPI_Status *status",
  MPI_File_read_ordered: "MPI_File file, void *buf, int count, MPI_Datatype datatype, MPI_Status *status",
  MPI_File_write_ordered: "MPI_File file, const void *buf, int count, MPI_Datatype datatype, MPI_Status *status",
  MPI_File_iread: "MPI_File file, void *buf, int count, MPI_Datatype datatype, MPI_Request *request",
  MPI_File_iwrite: "MPI_File file, const void *buf, int count, MPI_Datatype datatype, MPI_Request *request",
  MPI_File_iread_all: "MPI_File file, void *buf, int count, MPI_Datatype datatype, MPI_Request *request",
  MPI_File_iwrite_all: "MPI_File file, const void *buf, int count, MPI_Datatype datatype, MPI_Request *request",
  MPI_File_iread_at:
    "MPI_File file, MPI_Offset offset, void *buf, int count, MPI_Datatype datatype, MPI_Request *request",
  MPI_File_iwrite_at:
    "MPI_File file, MPI_Offset offset, const void *buf, int count, MPI_Datatype datatype, MPI_Request *request",
  MPI_File_iread_at_all:
    "MPI_File file, MPI_Offset offset, void *buf, int count, MPI_Datatype datatype, MPI_Request *request",
  MPI_File_iwrite_at_all:
    "MPI_File file, MPI_Offset offset, const void *buf, int count, MPI_Datatype datatype, MPI_Request *request",
  MPI_File_iread_shared: "MPI_File file, void *buf, int count, MPI_Datatype datatype, MPI_Request *request",
  MPI_File_iwrite_shared: "MPI_File file, const void *buf, int count, MPI_Datatype datatype, MPI_Request *request",
  MPI_File_seek: "MPI_File file, MPI_Offset offset, int whence",
  MPI_File_get_position: "MPI_File file, MPI_Offset *offset",
  MPI_File_seek_shared: "MPI_File file, MPI_Offset offset, int whence",
  MPI_File_get_position_shared: "MPI_File file, MPI_Offset *offset",
  MPI_File_get_byte_offset: "MPI_File file, MPI_Offset offset, MPI_Offset *disp",
} as const;

/** The collective calls without `MPI_`. Each has two more forms: `MPI_Ibcast` and `MPI_Bcast_init` beside `MPI_Bcast`. */
const collectives = {
  Barrier: "MPI_Comm comm",
  Bcast: "void *buffer, int count, MPI_Datatype datatype, int root, MPI_Comm comm",
  Reduce: "const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, int root, MPI_Comm comm",
  Allreduce: "const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, MPI_Comm comm",
  Gather:
    "const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm",
  Gatherv:
    "const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, const int *recvcounts, const int *displs, MPI_Datatype recvtype, int root, MPI_Comm comm",
  Scatter:
    "const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm",
  Scatterv:
    "const void *sendbuf, const int *sendcounts, const int *displs, MPI_Datatype sendtype, void *recvbuf, int recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm",
  Allgather:
    "const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount, MPI_Datatype recvtype, MPI_Comm comm",
  Allgatherv:
    "const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, const int *recvcounts, const int *displs, MPI_Datatype recvtype, MPI_Comm comm",
  Alltoall:
    "const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount, MPI_Datatype recvtype, MPI_Comm comm",
  Alltoallv:
    "const void *sendbuf, const int *sendcounts, const int *sdispls, MPI_Datatype sendtype, void *recvbuf, const int *recvcounts, const int *rdispls, MPI_Datatype recvtype, MPI_Comm comm",
  Alltoallw:
    "const void *sendbuf, const int *sendcounts, const int *sdispls, const MPI_Datatype *sendtypes, void *recvbuf, const int *recvcounts, const int *rdispls, const MPI_Datatype *recvtypes, MPI_Comm comm",
  Scan: "const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, MPI_Comm comm",
  Exscan: "const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, MPI_Comm comm",
  Reduce_scatter:
    "const void *sendbuf, void *recvbuf, const int *recvcounts, MPI_Datatype datatype, MPI_Op op, MPI_Comm comm",
  Reduce_scatter_block:
    "const void *sendbuf, void *recvbuf, int recvcount, MPI_Datatype datatype, MPI_Op op, MPI_Comm comm",
  Neighbor_allgather:
    "const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount, MPI_Datatype recvtype, MPI_Comm comm",
  Neighbor_allgatherv:
    "const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, const int *recvcounts, const int *displs, MPI_Datatype recvtype, MPI_Comm comm",
  Neighbor_alltoall:
    "const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount, MPI_Datatype recvtype, MPI_Comm comm",
  Neighbor_alltoallv:
    "const void *sendbuf, const int *sendcounts, const int *sdispls, MPI_Datatype sendtype, void *recvbuf, const int *recvcounts, const int *rdispls, MPI_Datatype recvtype, MPI_Comm comm",
  Neighbor_alltoallw:
    "const void *sendbuf, const int *sendcounts, const MPI_Aint *sdispls, const MPI_Datatype *sendtypes, void *recvbuf, const int *recvcounts, const MPI_Aint *rdispls, const MPI_Datatype *recvtypes, MPI_Comm comm",
} as const;

/** The name of a collective call: `Bcast`. */
export type Collective = keyof typeof collectives;

/** All collective calls. */
export const collectiveNames = Object.keys(collectives) as readonly Collective[];

type Prototypes = typeof functions & {
  [Name in Collective as `MPI_${Name}`]: (typeof collectives)[Name];
} & {
  [Name in Collective as `MPI_I${Uncapitalize<Name>}`]: `${(typeof collectives)[Name]}, MPI_Request *request`;
} & {
  [Name in Collective as `MPI_${Name}_init`]: `${(typeof collectives)[Name]}, MPI_Info info, MPI_Request *request`;
};

/** The prototypes of all functions by their C names. */
export const prototypes = { ...functions } as unknown as Prototypes;
for (const [name, parameters] of Object.entries(collectives)) {
  Object.assign(prototypes, {
    [`MPI_${name}`]: parameters,
    [`MPI_I${name.charAt(0).toLowerCase()}${name.slice(1)}`]: `${parameters}, MPI_Request *request`,
    [`MPI_${name}_init`]: `${parameters}, MPI_Info info, MPI_Request *request`,
  });
}

/** Functions that return `double` instead of an error code. */
export const doubles: ReadonlySet<string> = new Set(["MPI_Wtime", "MPI_Wtick"]);

/** The name of an MPI function that is bound. */
export type FunctionName = keyof Prototypes;

type Arguments<Text extends string> = Text extends "void"
  ? []
  : Text extends `${string},${infer Rest}`
    ? [number, ...Arguments<Rest>]
    : [number];

/** The bound functions by their C names; every argument and result is a number. */
export type Raw = {
  readonly [Name in FunctionName]: (...values: Arguments<Prototypes[Name]>) => number;
};

/** koffi's type of one C parameter; pointers are integers so that plain addresses are accepted. */
export function parameterType(parameter: string, handleSize: 4 | 8): string {
  // `MPI_File` is a pointer in every ABI.
  if (/\*|MPI_(Aint|Offset|Count|File)\b/.test(parameter)) return "int64_t";
  if (parameter.includes("MPI_")) return handleSize === 4 ? "int32_t" : "int64_t";
  return "int32_t";
}

import { ANY_SOURCE, ANY_TAG, UNDEFINED } from "./handles";

/** What a receive brought, laid out as an `MPI_Status` of the standard ABI. Make a status once and use it again. */
export class Status {
  /** Rank of the sender. */
  source: i32 = ANY_SOURCE;
  /** Tag of the message. */
  tag: i32 = ANY_TAG;
  /** The library's error code; 0, as errors end the call. */
  error: i32 = 0;
  private reserved: i32 = 0;
  /** Bytes received. */
  byteLength: i64 = 0;
  private reserved2: i64 = 0;

  /** Elements received; `UNDEFINED` where the message ends within one. */
  count<T>(): i32 {
    const count = this.byteLength / sizeof<T>();
    return count * sizeof<T>() == this.byteLength ? <i32>count : UNDEFINED;
  }
}

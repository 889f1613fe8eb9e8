import { constants, fail, failWith, noSender } from "./failure.js";
import type { Functions } from "./functions.js";
import { exchange, type Mailbox, type Message, type Mode, Receive, Send, sendNow } from "./mailbox.js";
import { readLong, writeInt, writeLong } from "./memory.js";
import { Immediate, type Requests } from "./requests.js";
import { nobody, type Outcome, report } from "./status.js";
import { Table } from "./table.js";
import type { Data } from "./typemap.js";

const { MPI_MESSAGE_NO_PROC, MPI_MESSAGE_NULL, MPI_PROC_NULL } = constants;

/** The functions of the chapter on messages between two ranks, here the same one. */
export function messagingFunctions(mailbox: Mailbox, requests: Requests): Functions {
  const matched = new Table<Message>("REQUEST");
  type SendArguments = [ptr: number, count: number, datatype: number, peer: number, tag: number, comm: number];

  const send = (mode: Mode) => {
    return (...[ptr, count, datatype, dest, tag, comm]: SendArguments) =>
      sendNow(mailbox, mode, mailbox.to(dest, tag, comm), mailbox.data(ptr, count, datatype));
  };
  const openSend = (mode: Mode, persistent: boolean) => {
    return (...[ptr, count, datatype, dest, tag, comm, requestPtr]: [...SendArguments, number]) => {
      const envelope = mailbox.to(dest, tag, comm);
      requests.open(new Send(mailbox, persistent, mode, envelope, mailbox.data(ptr, count, datatype)), requestPtr);
    };
  };
  const openReceive = (persistent: boolean) => {
    return (...[ptr, count, datatype, source, tag, comm, requestPtr]: [...SendArguments, number]) => {
      const envelope = mailbox.from(source, tag, comm);
      requests.open(new Receive(mailbox, persistent, envelope, mailbox.data(ptr, count, datatype)), requestPtr);
    };
  };
  const end = (statusPtr: number, outcome: Outcome) => failWith(report(statusPtr, outcome));

  /** The message that a probe finds; `MPI_MESSAGE_NO_PROC` for the rank that does not exist. */
  const probe = (source: number, tag: number, comm: number): Message | number | undefined => {
    const envelope = mailbox.from(source, tag, comm);
    return source === MPI_PROC_NULL ? MPI_MESSAGE_NO_PROC : mailbox.find(envelope);
  };
  const tell = (found: Message | number, statusPtr: number) => {
    if (typeof found === "number") report(statusPtr, nobody);
    else report(statusPtr, { code: 0, source: 0, tag: found.tag, byteLength: found.data.byteLength });
  };
  const match = (found: Message | number, messagePtr: number) => {
    if (typeof found === "number") writeLong(messagePtr, found);
    else {
      mailbox.take(found);
      writeLong(messagePtr, matched.add(found));
    }
  };
  /** Receives the matched message whose handle is at `messagePtr`. */
  const receiveMatched = (messagePtr: number, to: Data): Outcome => {
    const handle = readLong(messagePtr);
    writeLong(messagePtr, MPI_MESSAGE_NULL);
    if (handle === MPI_MESSAGE_NO_PROC) return nobody;
    const message = matched.get(handle);
    matched.remove(handle);
    return mailbox.deliver(message, to);
  };
  const checkMatched = (messagePtr: number) => {
    const handle = readLong(messagePtr);
    if (handle !== MPI_MESSAGE_NO_PROC) matched.get(handle);
  };

  return {
    MPI_Send: send("standard"),
    MPI_Ssend: send("synchronous"),
    MPI_Bsend: send("buffered"),
    MPI_Rsend: send("ready"),
    MPI_Isend: openSend("standard", false),
    MPI_Issend: openSend("synchronous", false),
    MPI_Ibsend: openSend("buffered", false),
    MPI_Irsend: openSend("ready", false),
    MPI_Send_init: openSend("standard", true),
    MPI_Ssend_init: openSend("synchronous", true),
    MPI_Bsend_init: openSend("buffered", true),
    MPI_Rsend_init: openSend("ready", true),
    MPI_Recv: (ptr, count, datatype, source, tag, comm, statusPtr) => {
      const envelope = mailbox.from(source, tag, comm);
      end(statusPtr, mailbox.receive(envelope, mailbox.data(ptr, count, datatype)));
    },
    MPI_Irecv: openReceive(false),
    MPI_Recv_init: openReceive(true),
    MPI_Sendrecv: (ptr, count, datatype, dest, tag, toPtr, toCount, toDatatype, source, fromTag, comm, statusPtr) => {
      const to = mailbox.to(dest, tag, comm);
      const from = mailbox.from(source, fromTag, comm);
      const sent = mailbox.data(ptr, count, datatype);
      end(statusPtr, exchange(mailbox, to, sent, from, mailbox.data(toPtr, toCount, toDatatype)));
    },
    MPI_Sendrecv_replace: (ptr, count, datatype, dest, tag, source, fromTag, comm, statusPtr) => {
      const to = mailbox.to(dest, tag, comm);
      const from = mailbox.from(source, fromTag, comm);
      const data = mailbox.data(ptr, count, datatype);
      // Sent first: what is received takes its place.
      sendNow(mailbox, "standard", to, data);
      end(statusPtr, mailbox.receive(from, data));
    },
    MPI_Probe: (source, tag, comm, statusPtr) => tell(probe(source, tag, comm) ?? fail("OTHER", noSender), statusPtr),
    MPI_Iprobe: (source, tag, comm, flagPtr, statusPtr) => {
      const found = probe(source, tag, comm);
      writeInt(flagPtr, Number(found !== undefined));
      if (found !== undefined) tell(found, statusPtr);
    },
    MPI_Mprobe: (source, tag, comm, messagePtr, statusPtr) => {
      const found = probe(source, tag, comm) ?? fail("OTHER", noSender);
      match(found, messagePtr);
      tell(found, statusPtr);
    },
    MPI_Improbe: (source, tag, comm, flagPtr, messagePtr, statusPtr) => {
      const found = probe(source, tag, comm);
      writeInt(flagPtr, Number(found !== undefined));
      if (found === undefined) return;
      match(found, messagePtr);
      tell(found, statusPtr);
    },
    MPI_Mrecv: (ptr, count, datatype, messagePtr, statusPtr) => {
      checkMatched(messagePtr);
      end(statusPtr, receiveMatched(messagePtr, mailbox.data(ptr, count, datatype)));
    },
    MPI_Imrecv: (ptr, count, datatype, messagePtr, requestPtr) => {
      checkMatched(messagePtr);
      const to = mailbox.data(ptr, count, datatype);
      requests.open(new Immediate(false, () => receiveMatched(messagePtr, to)), requestPtr);
    },
    MPI_Buffer_attach: (ptr, byteLength) => {
      if (byteLength < 0) fail("ARG");
      if (mailbox.buffer) fail("BUFFER", "a buffer is attached already");
      mailbox.buffer = { ptr, byteLength };
    },
    MPI_Buffer_detach: (addressPtr, sizePtr) => {
      const { ptr, byteLength } = mailbox.buffer ?? fail("BUFFER", "no buffer is attached");
      writeLong(addressPtr, ptr);
      writeInt(sizePtr, byteLength);
      mailbox.buffer = undefined;
      mailbox.used = 0;
    },
  };
}

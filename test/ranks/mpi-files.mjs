/**
 * Every call on files, on any number of ranks from 1 to 4, against bytes worked out by hand, which rank 0 reads with
 * Node.js.
 *
 *   mpi-files.mjs LIBRARY FOLDER
 *
 * Every rank prints "ok".
 */
import { pairs, readsWhatItWrites, sharesOnePointer, waitsInEveryWay } from "./mpi-files-calls.mjs";
import {
  describesItself,
  isAtomic,
  opensInEveryMode,
  opensOnPartOfTheRanks,
  takesAnyName,
  usesRomio,
  writesInOrderOnly,
} from "./mpi-files-modes.mjs";
import {
  goesBeyondFourGibibytes,
  movesPointers,
  resizes,
  tellsShortReads,
  tellsShortReadsOfPieces,
} from "./mpi-files-places.mjs";
import { common, library } from "./mpi-files-scratch.mjs";
import {
  findsBytes,
  kindsOfBlocks,
  readsOtherTypesThanTheView,
  writesBigEndian,
  writesBlocks,
  writesNothingFromEmptyBlocks,
  writesThroughDatatypes,
} from "./mpi-files-views.mjs";

describesItself();
usesRomio();
for (const [read, write] of pairs()) readsWhatItWrites(read, write);
sharesOnePointer();
for (const { type, Type, cartesian } of kindsOfBlocks()) writesBlocks(type, Type, cartesian);
writesNothingFromEmptyBlocks();
writesThroughDatatypes();
tellsShortReads();
tellsShortReadsOfPieces();
movesPointers();
findsBytes();
resizes();
opensInEveryMode();
goesBeyondFourGibibytes();
writesInOrderOnly();
if (library !== "solo") writesBigEndian(); // Which has no external32.
readsOtherTypesThanTheView();
await waitsInEveryWay();
isAtomic();
opensOnPartOfTheRanks();
takesAnyName();
common.close();
console.log("ok");

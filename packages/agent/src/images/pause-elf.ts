/**
 * The smallest program that holds a task's namespaces: a static ELF file, written here byte by byte because no image
 * can be counted on to be pulled. It blocks SIGINT and SIGTERM and waits for one of them (a blocked signal reaches
 * even process 1, which has no default actions), has the kernel reap its children, and exits with 0.
 *
 *     rt_sigprocmask(SIG_BLOCK, {SIGINT, SIGTERM}); rt_sigaction(SIGCHLD, SIG_IGN);
 *     while (rt_sigtimedwait({SIGINT, SIGTERM}) < 0); exit(0);
 */
export type PauseArchitecture = 'x86_64' | 'arm64';

const BASE = 0x400000n;
const HEADERS = 64 + 56;
const SIGCHLD = 17;
/** A set with the bits of SIGINT (2) and SIGTERM (15). */
const MASK = (1n << 1n) | (1n << 14n);
const SET_BYTES = 8;

/** The bytes of the program for one architecture. */
export function pauseElf(architecture: PauseArchitecture): Buffer {
  const { machine, code } = machines[architecture];
  const text = code();
  const data = Buffer.alloc(40);
  data.writeBigUInt64LE(MASK, 0);
  // struct sigaction { handler = SIG_IGN, flags, restorer, mask }
  data.writeBigUInt64LE(1n, 8);
  const body = Buffer.concat([text, data]);
  return Buffer.concat([headers(machine, HEADERS + body.length), body]);
}

/** ELF header and one program header: the whole file is loaded, readable and executable. */
function headers(machine: number, size: number): Buffer {
  const out = Buffer.alloc(HEADERS);
  out.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
  out.writeUInt16LE(2, 16); // executable
  out.writeUInt16LE(machine, 18);
  out.writeUInt32LE(1, 20);
  out.writeBigUInt64LE(BASE + BigInt(HEADERS), 24); // entry
  out.writeBigUInt64LE(64n, 32); // program headers
  out.writeUInt16LE(64, 52);
  out.writeUInt16LE(56, 54);
  out.writeUInt16LE(1, 56);
  out.writeUInt16LE(64, 58);
  out.writeUInt32LE(1, 64); // load
  out.writeUInt32LE(5, 68); // readable, executable
  out.writeBigUInt64LE(BASE, 80);
  out.writeBigUInt64LE(BASE, 88);
  out.writeBigUInt64LE(BigInt(size), 96);
  out.writeBigUInt64LE(BigInt(size), 104);
  out.writeBigUInt64LE(0x10000n, 112);
  return out;
}

const machines: Readonly<Record<PauseArchitecture, { machine: number; code: () => Buffer }>> = {
  x86_64: { machine: 62, code: x86Code },
  arm64: { machine: 183, code: arm64Code },
};

/** Data follows the code: the mask first, the action eight bytes later. */
function x86Code(): Buffer {
  const length = 81;
  const bytes: number[] = [];
  const int32 = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255];
  const emit = (...more: number[]) => void bytes.push(...more);
  const movEax = (value: number) => emit(0xb8, ...int32(value));
  const setSize = () => emit(0x41, 0xba, ...int32(SET_BYTES)); // mov r10d, 8
  const syscall = () => emit(0x0f, 0x05);
  /** lea rsi or rdi, [rip + distance to data] */
  const lea = (register: 0x35 | 0x3d, offset: number) =>
    emit(0x48, 0x8d, register, ...int32(length + offset - (bytes.length + 7)));
  movEax(14); // rt_sigprocmask
  emit(0x31, 0xff); // edi = SIG_BLOCK
  lea(0x35, 0);
  emit(0x31, 0xd2); // edx = 0
  setSize();
  syscall();
  movEax(13); // rt_sigaction
  emit(0xbf, ...int32(SIGCHLD));
  lea(0x35, 8);
  emit(0x31, 0xd2);
  syscall();
  const wait = bytes.length;
  movEax(128); // rt_sigtimedwait
  lea(0x3d, 0);
  emit(0x31, 0xf6, 0x31, 0xd2); // esi = edx = 0
  syscall();
  emit(0x85, 0xc0); // test eax, eax
  emit(0x78, (wait - (bytes.length + 2)) & 255); // js wait
  movEax(60); // exit
  emit(0x31, 0xff);
  syscall();
  // Undefined instructions to a whole length; never reached.
  while (bytes.length < length) emit(0x0f, 0x0b);
  return Buffer.from(bytes.slice(0, length));
}

function arm64Code(): Buffer {
  const length = 20 * 4;
  const words: number[] = [];
  const mov = (register: number, value: number) => words.push((0xd2800000 | (value << 5) | register) >>> 0);
  const adr = (register: number, offset: number) => {
    const distance = length + offset - words.length * 4;
    words.push((0x10000000 | ((distance & 3) << 29) | ((distance >> 2) << 5) | register) >>> 0);
  };
  const svc = () => words.push(0xd4000001);
  mov(8, 135); // rt_sigprocmask
  mov(0, 0);
  adr(1, 0);
  mov(2, 0);
  mov(3, SET_BYTES);
  svc();
  mov(8, 134); // rt_sigaction
  mov(0, SIGCHLD);
  adr(1, 8);
  mov(2, 0);
  svc();
  const wait = words.length;
  mov(8, 137); // rt_sigtimedwait
  adr(0, 0);
  mov(1, 0);
  mov(2, 0);
  svc();
  words.push((0xb7f80000 | (((wait - words.length) & 0x3fff) << 5)) >>> 0); // tbnz x0, #63, wait
  mov(8, 93); // exit
  mov(0, 0);
  svc();
  const out = Buffer.alloc(words.length * 4);
  words.forEach((word, index) => out.writeUInt32LE(word, index * 4));
  return out;
}

/** Drills about the memory of processes. */
import type { Drill } from '../drill.ts';

export const memoryDrills: readonly Drill[] = [
  {
    name: 'wx-memory',
    title: { en: 'Memory that is writable and executable', zh: '可写且可执行的内存' },
    what: {
      en: 'Maps one page of its own memory as writable and executable, writes nothing to it, and unmaps it.',
      zh: '把自身一页内存映射为可写且可执行，不写入任何内容，随后解除映射。',
    },
    technique: { uid: 'T1055', name: 'Process Injection' },
    rules: ['memory-wx'],
    needs: ['kernel-sensor'],
    step: ({ tag }) => ['wx-map', tag],
  },
  {
    name: 'ptrace',
    title: { en: 'Attach to a process as a debugger does', zh: '像调试器一样附加到进程' },
    what: {
      en: 'Starts a child that only sleeps, attaches to it with ptrace, lets it go and ends it.',
      zh: '启动一个只休眠的子进程，用 ptrace 附加后释放并结束它。',
    },
    technique: { uid: 'T1055.008', name: 'Ptrace System Calls' },
    rules: ['ptrace-attach'],
    needs: ['kernel-sensor'],
    step: ({ tag }) => ['ptrace-child', tag],
  },
  {
    name: 'memory-injection',
    title: { en: 'Write into another process’s memory', zh: '写入其他进程的内存' },
    what: {
      en: 'Writes one byte into an unused variable of a child of its own, with process_vm_writev.',
      zh: '用 process_vm_writev 向自己子进程的一个未使用变量写入一个字节。',
    },
    technique: { uid: 'T1055', name: 'Process Injection' },
    rules: ['process-vm-write'],
    needs: ['kernel-sensor'],
    step: ({ tag }) => ['write-child', tag],
  },
];

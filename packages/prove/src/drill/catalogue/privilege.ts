/** Drills about privileges and the kernel. */
import type { Drill } from '../drill.ts';

export const privilegeDrills: readonly Drill[] = [
  {
    name: 'setuid-file',
    title: { en: 'Make a set-user-id program', zh: '创建 setuid 程序' },
    what: {
      en: 'Copies /bin/true into its own directory and sets the copy’s set-user-id bit; nobody else can reach it.',
      zh: '把 /bin/true 复制到专用目录并设置副本的 setuid 位；其他人无法访问该目录。',
    },
    technique: { uid: 'T1548.001', name: 'Setuid and Setgid' },
    rules: ['setuid-file-created'],
    needs: ['kernel-sensor'],
    step: ({ directory }) => ['setuid-file', `${directory}/worker`],
  },
  {
    name: 'kernel-module',
    title: { en: 'Load a kernel module', zh: '加载内核模块' },
    what: {
      en: 'Asks the kernel to load a short text file as a module. The kernel refuses; the attempt is what counts.',
      zh: '请求内核把一个简短的文本文件作为模块加载。内核会拒绝；要检测的是这次尝试。',
    },
    technique: { uid: 'T1547.006', name: 'Kernel Modules and Extensions' },
    rules: ['kernel-module-load'],
    needs: ['root', 'kernel-sensor'],
    step: ({ directory }) => ['bad-module', `${directory}/not-a-module.ko`],
  },
  {
    name: 'read-shadow',
    title: { en: 'Open the password file', zh: '打开口令文件' },
    what: {
      en: 'Opens /etc/shadow for reading and closes it again. Not one byte of it is read.',
      zh: '以只读方式打开 /etc/shadow 随即关闭，不读取任何字节。',
    },
    technique: { uid: 'T1003.008', name: '/etc/passwd and /etc/shadow' },
    rules: ['shadow-read'],
    needs: ['root', 'kernel-sensor'],
    step: ({ tag }) => ['read-file', '/etc/shadow', tag],
  },
];

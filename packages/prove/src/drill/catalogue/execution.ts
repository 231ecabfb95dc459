/** Drills about where a program is executed from, and by whom. */
import type { Drill } from '../drill.ts';

export const executionDrills: readonly Drill[] = [
  {
    name: 'fileless-exec',
    title: { en: 'Run a program from memory only', zh: '仅从内存运行程序' },
    what: {
      en: 'Copies /bin/true into an anonymous memory file (memfd) and executes it. The program does nothing.',
      zh: '把 /bin/true 复制到匿名内存文件（memfd）中并执行。该程序什么也不做。',
    },
    technique: { uid: 'T1620', name: 'Reflective Code Loading' },
    rules: ['fileless-exec-memfd'],
    needs: [],
    step: ({ tag }) => ['memfd-exec', tag],
  },
  {
    name: 'exec-from-tmp',
    title: { en: 'Run a program from /tmp', zh: '从 /tmp 运行程序' },
    what: {
      en: 'Copies /bin/true into a directory of its own below /tmp and executes it there.',
      zh: '把 /bin/true 复制到 /tmp 下的专用目录并在那里执行。',
    },
    technique: { uid: 'T1036.005', name: 'Match Legitimate Resource Name or Location' },
    rules: ['exec-from-tmp'],
    needs: [],
    step: ({ directory }) => ['copy-exec', `${directory}/worker`],
  },
  {
    name: 'exec-from-dev-shm',
    title: { en: 'Run a program from /dev/shm', zh: '从 /dev/shm 运行程序' },
    what: {
      en: 'Copies /bin/true into a directory of its own below /dev/shm and executes it there.',
      zh: '把 /bin/true 复制到 /dev/shm 下的专用目录并在那里执行。',
    },
    technique: { uid: 'T1564', name: 'Hide Artifacts' },
    rules: ['exec-from-dev-shm'],
    needs: [],
    base: '/dev/shm',
    step: ({ directory }) => ['copy-exec', `${directory}/worker`],
  },
  {
    name: 'exec-deleted',
    title: { en: 'Run a program whose file is deleted', zh: '运行文件已被删除的程序' },
    what: {
      en: 'Copies /bin/true, deletes the copy while it is open, and executes what was deleted.',
      zh: '复制 /bin/true，在打开状态下删除副本，再执行已被删除的文件。',
    },
    technique: { uid: 'T1070.004', name: 'File Deletion' },
    rules: ['exec-deleted-file'],
    needs: [],
    step: ({ directory }) => ['deleted-exec', `${directory}/worker`],
  },
  {
    name: 'web-server-shell',
    title: { en: 'A web server starts a shell', zh: 'Web 服务器启动 shell' },
    what: {
      en: 'Runs a tiny program that is merely named nginx; it starts "/bin/sh -c :". The real web server is not touched.',
      zh: '运行一个仅仅名为 nginx 的小程序，由它启动“/bin/sh -c :”。不触碰真正的 Web 服务器。',
    },
    technique: { uid: 'T1505.003', name: 'Web Shell' },
    rules: ['web-server-spawns-shell'],
    needs: [],
    step: ({ directory, tag }) => ['server-shell', `${directory}/nginx`, tag],
  },
  {
    name: 'database-shell',
    title: { en: 'A database starts a shell', zh: '数据库启动 shell' },
    what: {
      en: 'Runs a tiny program that is merely named postgres; it starts "/bin/sh -c :". The real database is not touched.',
      zh: '运行一个仅仅名为 postgres 的小程序，由它启动“/bin/sh -c :”。不触碰真正的数据库。',
    },
    technique: { uid: 'T1190', name: 'Exploit Public-Facing Application' },
    rules: ['database-spawns-shell'],
    needs: [],
    step: ({ directory, tag }) => ['server-shell', `${directory}/postgres`, tag],
  },
  {
    name: 'preload-from-tmp',
    title: { en: 'Preload a library from /tmp', zh: '从 /tmp 预加载共享库' },
    what: {
      en: 'Runs /bin/true with LD_PRELOAD set to a shared object without content below /tmp.',
      zh: '将 LD_PRELOAD 指向 /tmp 下一个空的共享库来运行 /bin/true。',
    },
    technique: { uid: 'T1574.006', name: 'Dynamic Linker Hijacking' },
    rules: ['ld-preload-writable-dir'],
    needs: ['kernel-sensor'],
    step: ({ directory, emptyObject }) => ['preload-exec', emptyObject, `${directory}/empty.so`],
  },
  {
    name: 'miner-command-line',
    title: { en: 'A command line like a miner’s', zh: '类似挖矿程序的命令行' },
    what: {
      en: 'Runs /bin/true with the words that a coin miner is started with. Nothing is mined and nothing connects.',
      zh: '以挖矿程序的启动参数运行 /bin/true。不挖矿，也不连接任何地址。',
    },
    technique: { uid: 'T1496.001', name: 'Compute Hijacking' },
    rules: ['miner-command-line'],
    needs: [],
    step: ({ tag }) => ['true-with', 'stratum+tcp://pool.invalid:3333', tag],
  },
];

/** Drills about traces and about data. */
import type { Drill } from '../drill.ts';

export const fileDrills: readonly Drill[] = [
  {
    name: 'log-wiping',
    title: { en: 'Empty a log file', zh: '清空日志文件' },
    what: {
      en: 'Writes and then empties /var/log/auth.log in a private, empty /var/log. The host’s logs stay as they are.',
      zh: '在私有的空 /var/log 中写入并清空 /var/log/auth.log。主机自身的日志不受影响。',
    },
    technique: { uid: 'T1070.002', name: 'Clear Linux or Mac System Logs' },
    rules: ['log-wiping'],
    needs: ['root', 'kernel-sensor'],
    step: ({ tag }) => ['truncate-hidden', '/var/log', '/var/log/auth.log', tag],
  },
  {
    name: 'mass-rename',
    title: { en: 'Rename many files in a short time', zh: '短时间内重命名大量文件' },
    what: {
      en: 'Makes 200 empty files in its own directory and renames them all, as ransomware does to real ones.',
      zh: '在专用目录中创建 200 个空文件并全部重命名，勒索软件对真实文件就是这样做的。',
    },
    technique: { uid: 'T1486', name: 'Data Encrypted for Impact' },
    rules: ['mass-rename'],
    needs: ['kernel-sensor'],
    step: ({ directory }) => ['rename-many', directory, '200'],
  },
];

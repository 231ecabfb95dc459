/** Findings as the agent makes them, over the stand-in's processes. */
import { type Case, type Sketch, toCase } from './case.ts';
import { storyOf, webStory } from './processes.ts';

/** A program run from memory: the case that tests let arrive live. */
export function filelessCase(uid = 'f-0191a7c2'): Case {
  return toCase({
    uid,
    rule: 'rdt.linux.exec.fileless',
    severity: 5,
    title: { en: 'Program run from memory, without a file', zh: '程序直接从内存运行，没有落盘文件' },
    description: {
      en: 'A process runs code that exists only in memory (memfd). Attackers do this so that no file is left to be scanned.',
      zh: '有进程运行了只存在于内存（memfd）中的代码。攻击者常用这种方式避免留下可被扫描的文件。',
    },
    reasons: [
      {
        field: 'process.file.is_memfd',
        value: 'true',
        text: {
          en: 'The executable is a memory file: it has no path on any disk, and is gone when the process ends.',
          zh: '可执行文件是内存文件：它在任何磁盘上都没有路径，进程结束后就会消失。',
        },
      },
      {
        field: 'process.file.path',
        value: '/memfd:update (deleted)',
        text: {
          en: 'It gave itself an ordinary-looking name, "update".',
          zh: '它给自己取了一个看似正常的名字“update”。',
        },
      },
      {
        field: 'actor.process.user.name',
        value: 'root',
        text: {
          en: 'It was started by root, from an interactive shell.',
          zh: '它由 root 从交互式 shell 启动。',
        },
      },
    ],
    advice: {
      en: '1. Do not restart the host: the program would be lost.\n2. Keep a copy of the program: cp /proc/24502/exe to a safe place.\n3. Find out who used sudo on pts/0, and from where they logged in.',
      zh: '1. 不要重启主机，否则程序会丢失。\n2. 保留程序副本：将 /proc/24502/exe 复制到安全位置。\n3. 查明是谁在 pts/0 上使用了 sudo，以及从哪里登录。',
    },
    falsePositives: {
      en: 'Some container runtimes (runc) start themselves from memory; these are excluded by package and hash.',
      zh: '部分容器运行时（runc）会从内存启动自身，已按软件包和哈希排除。',
    },
    tactic: ['TA0005', 'Defense Evasion'],
    technique: ['T1620', 'Reflective Code Loading'],
    clause: '8.1.4.5',
    minutes: 2.3,
    tree: storyOf(24502),
  });
}

/** The findings that the stand-in has from the start, newest first. */
export function recordedCases(): Case[] {
  const sketches: Sketch[] = [
    {
      uid: 'f-0191a7b8',
      rule: 'rdt.linux.exec.shell_from_service',
      severity: 4,
      title: { en: 'Web server started a shell', zh: 'Web 服务启动了 shell' },
      description: {
        en: 'A process of the web application started a command shell. A web application rarely needs one; a web shell always does.',
        zh: 'Web 应用进程启动了命令行 shell。正常的 Web 应用很少需要它，而 WebShell 一定会用到它。',
      },
      reasons: [
        {
          field: 'actor.process.name',
          value: 'php-fpm8.2',
          text: { en: 'The parent is a worker of the web application.', zh: '父进程是 Web 应用的工作进程。' },
        },
        {
          field: 'process.file.path',
          value: '/usr/bin/dash',
          text: { en: 'The program is a shell.', zh: '启动的程序是 shell。' },
        },
        {
          field: 'process.cmd_line',
          value: 'sh -c id; uname -a; cat /var/www/shop/config/database.php | head -n 40',
          text: {
            en: 'It asks who and where it is, and reads a configuration file.',
            zh: '命令查询了当前身份和系统信息，并读取了配置文件。',
          },
        },
      ],
      advice: {
        en: 'Look at the web server’s access log at the time of the first event, and at files in the web root that changed lately.',
        zh: '查看首个事件发生时的 Web 访问日志，并检查 Web 目录中最近改动的文件。',
      },
      falsePositives: {
        en: 'Applications that call out to convert images or send mail.',
        zh: '调用外部命令转换图片或发送邮件的应用。',
      },
      tactic: ['TA0003', 'Persistence'],
      technique: ['T1505.003', 'Server Software Component: Web Shell'],
      clause: '8.1.4.4',
      minutes: 6.1,
      count: 14,
      tree: webStory(),
    },
    {
      uid: 'f-0191a6f0',
      rule: 'rdt.linux.memory.wx',
      severity: 3,
      title: { en: 'Memory is writable and executable at once', zh: '内存同时可写可执行' },
      description: {
        en: 'A process made memory both writable and executable.',
        zh: '有进程将内存设为同时可写和可执行。',
      },
      reasons: [
        {
          field: 'unmapped.protection',
          value: 'PROT_READ|PROT_WRITE|PROT_EXEC',
          text: { en: 'Code can be placed there and run.', zh: '可以在其中写入并运行代码。' },
        },
      ],
      advice: {
        en: 'Check whether the program compiles code as it runs, as Java does.',
        zh: '确认该程序是否会即时编译代码，例如 Java。',
      },
      falsePositives: {
        en: 'Just-in-time compilers: Java, Node.js, .NET, LuaJIT.',
        zh: '即时编译器：Java、Node.js、.NET、LuaJIT。',
      },
      tactic: ['TA0005', 'Defense Evasion'],
      technique: ['T1055', 'Process Injection'],
      clause: '8.1.4.5',
      minutes: 52,
      count: 3,
      status: 2,
      tree: storyOf(1452),
    },
    {
      uid: 'f-0191a512',
      rule: 'rdt.linux.persistence.authorized_keys',
      severity: 4,
      title: { en: 'SSH key added for an account', zh: '账号新增了 SSH 公钥' },
      description: { en: 'A file of authorised SSH keys was changed.', zh: 'SSH 授权公钥文件被修改。' },
      reasons: [
        {
          field: 'file.path',
          value: '/home/deploy/.ssh/authorized_keys',
          text: {
            en: 'Who holds the key can log in as deploy.',
            zh: '持有该密钥的人可以以 deploy 身份登录。',
          },
        },
      ],
      advice: {
        en: 'Ask the owner of the account whether the key is theirs.',
        zh: '向账号所有者确认该公钥是否由其添加。',
      },
      falsePositives: {
        en: 'Configuration management that distributes keys.',
        zh: '分发密钥的配置管理工具。',
      },
      tactic: ['TA0003', 'Persistence'],
      technique: ['T1098.004', 'Account Manipulation: SSH Authorized Keys'],
      clause: '8.1.4.1',
      minutes: 88,
      tree: storyOf(22881),
      file: '/home/deploy/.ssh/authorized_keys',
    },
    {
      uid: 'f-0191a402',
      rule: 'rdt.linux.net.unexpected_listener',
      severity: 2,
      title: { en: 'New program listens on the network', zh: '有新程序监听网络端口' },
      description: {
        en: 'A program listens on a port that nothing listened on before.',
        zh: '有程序监听了此前无人使用的端口。',
      },
      reasons: [
        {
          field: 'src_endpoint.port',
          value: '8080',
          text: { en: 'The port is reachable from other hosts.', zh: '该端口可被其他主机访问。' },
        },
      ],
      advice: { en: 'Close the port if it is not needed.', zh: '如不需要，请关闭该端口。' },
      falsePositives: { en: 'A new service was deployed.', zh: '部署了新服务。' },
      tactic: ['TA0011', 'Command and Control'],
      technique: ['T1571', 'Non-Standard Port'],
      clause: '8.1.4.4',
      minutes: 1310,
      tree: storyOf(1452),
    },
    {
      uid: 'f-01919fe1',
      rule: 'rdt.linux.persistence.cron',
      severity: 3,
      title: { en: 'Scheduled job changed', zh: '计划任务被修改' },
      description: { en: 'A file of the cron service was changed.', zh: 'cron 服务的文件被修改。' },
      reasons: [
        {
          field: 'file.path',
          value: '/etc/cron.d/shop-backup',
          text: { en: 'Programs named there run by themselves.', zh: '其中的程序会自动运行。' },
        },
      ],
      advice: { en: 'Compare the file with its last version.', zh: '与该文件的上一版本比对。' },
      falsePositives: { en: 'Package installation and deployment.', zh: '软件包安装和应用部署。' },
      tactic: ['TA0003', 'Persistence'],
      technique: ['T1053.003', 'Scheduled Task/Job: Cron'],
      clause: '8.1.4.4',
      minutes: 2870,
      status: 4,
      tree: storyOf(24419),
      file: '/etc/cron.d/shop-backup',
    },
  ];
  return sketches.map(toCase);
}

// Scripts and texts that are bad by what stands in them together. Every rule says how large a file can be: a file of
// rules that all do is left out for larger files.

rule redoubt_script_fetch_run_persist
{
  meta:
    judgement = "suspicious"
    confidence = 60
    title = "Script that fetches code, runs it and comes back by cron"
    title_zh = "下载代码执行并借助 cron 驻留的脚本"
    description = "a shell script that pipes a download into a shell and writes a cron job"
    description_zh = "Shell 脚本将下载内容直接交给 Shell 执行，并写入 cron 任务"
    attack = "T1059.004,T1053.003,T1105"
  strings:
    $pipe = /(curl|wget)[ \t][^\n|;]{1,200}\|[ \t]*(ba|da|z)?sh\b/
    $cron = /(crontab[ \t]+-|\/etc\/cron|\/var\/spool\/cron)/
    $quiet = /(history[ \t]+-c|HISTFILE=|\/dev\/shm\/|\/tmp\/\.|chattr[ \t]+\+i|pkill[ \t]+-9)/
  condition:
    uint16(0) == 0x2123 and filesize < 256KB and all of them
}

rule redoubt_ransom_note
{
  meta:
    judgement = "suspicious"
    confidence = 55
    title = "Text that demands a ransom for files"
    title_zh = "勒索信文本"
    description = "a short text that says that files were encrypted, how to pay and how to get in touch"
    description_zh = "简短文本，声称文件已被加密，并说明付款与联系方式"
    attack = "T1486"
  strings:
    $done1 = "files have been encrypted" nocase
    $done2 = "files are encrypted" nocase
    $pay = /(bitcoin|monero|btc|xmr)/ nocase fullword
    $contact = /(\.onion\b|protonmail|tutanota|onionmail|tor browser)/ nocase
    $key = /(decryptor|decryption (key|tool|software)|private key)/ nocase
  condition:
    filesize < 64KB and any of ($done*) and $pay and $contact and $key
}

// The test file of all scanners; it does no harm.
// The pattern stands in hexadecimal, so that other scanners do not take these rules for the file.

rule redoubt_eicar_test_file
{
  meta:
    judgement = "malicious"
    confidence = 100
    title = "EICAR test file"
    title_zh = "EICAR 测试文件"
    description = "the test file that every scanner must find, as EICAR defines it"
    description_zh = "EICAR 定义的标准测试文件，所有扫描器都必须发现"
    reference = "https://www.eicar.org/download-anti-malware-testfile/"
  strings:
    $eicar = { 58 35 4F 21 50 25 40 41 50 5B 34 5C 50 5A 58 35 34 28 50 5E 29 37 43 43 29 37 7D 24 45 49 43 41 52 2D 53 54 41 4E 44 41 52 44 2D 41 4E 54 49 56 49 52 55 53 2D 54 45 53 54 2D 46 49 4C 45 21 24 48 2B 48 2A }
  condition:
    filesize <= 128 and $eicar at 0
}

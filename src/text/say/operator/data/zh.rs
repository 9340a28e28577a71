//! The sentences about what is kept in Chinese.

use super::{AdviceSays, DataSays, ExportSays};
use crate::model::Lang;
use crate::text::Speak as _;

pub(super) fn zh(says: &DataSays) -> String {
    use DataSays as S;
    let l = Lang::Zh;
    match says {
        S::InUse { dir, process } => {
            let process = process.map_or_else(String::new, |p| format!("（进程 {p}）"));
            format!(
                "数据目录 {dir} 正由另一个进程使用{process}。请先停止那个进程，或用 data.dir 另指定一个目录。"
            )
        }
        S::OtherUser { dir, owner, us } => format!(
            "数据目录 {dir} 属于编号 {owner} 的用户，而现在以用户 {us} 运行。请改用该用户运行（sudo -u '#{owner}' tongxin …），或用 chown -R 移交数据和密钥。没有任何改动。"
        ),
        S::NothingKept { dir } => format!(
            "{dir} 里没有任何数据。请核对路径，用配置中的 data.dir 或选项 --data 指定正确的目录。"
        ),
        S::Newer { found, known } => format!(
            "数据的格式版本是 {found}，本程序最高只认识 {known}。请换用更新的程序；数据没有改动。"
        ),
        S::Older { found, known } => format!(
            "数据的格式版本是 {found}，无法直接升级到 {known}。请用原来的程序导出（export），再用本程序导入（import）。"
        ),
        S::ImportBegun { dir, importing } => format!(
            "上次导入到 {dir} 没有完成。请用同一个文件再运行一次导入，会接着上次继续；如要重新开始，请删除 {importing}。"
        ),
        S::Lost { expected, found } => format!(
            "数据不完整，与上次停止时不一致。请用备份导入到一个空目录；本程序没有改动这里的数据。（原始信息：expected {expected}, found {found}）"
        ),
        S::NoSpace { dir, free, needed } => format!(
            "{dir} 所在的磁盘空间不足：剩余 {} MiB，需要 {} MiB。请腾出空间后重新启动，数据没有任何改动。",
            free >> 20, (needed >> 20) + 1
        ),
        S::NotDurable => {
            "写入的数据无法可靠落盘：本程序的编译方式有误（没有替换 sync_file_range）。请换用正式发布的程序。".into()
        }
        S::MarkerDamaged { path, said } => {
            format!("标记文件 {path} 已损坏，无法读取。请用备份导入到一个空目录。（{said}）")
        }
        S::Unusable { path, why } => {
            format!("无法使用 {path}：{}。请核对路径、权限和磁盘空间。", why.say(l))
        }
        S::EngineRefuses(said) => {
            format!("数据无法打开，可能已损坏。请用备份导入到一个空目录。（{said}）")
        }
        S::NoDatabase { place, said, advice } => {
            format!("无法使用{}。{}（{said}）", place.say(l), advice_zh(*advice))
        }
        S::DatabaseNewer { found, known } => format!(
            "数据库的格式版本是 {found}，本程序最高只认识 {known}。请换用更新的程序；数据库没有改动。"
        ),
        S::DatabaseChanging => {
            "另一个进程正在升级数据库的格式，还没有完成。请等它完成后再启动。".into()
        }
        S::DatabaseImportBegun => {
            "上次导入到数据库没有完成。请用同一个文件再运行一次导入，会接着上次继续；如要重新开始，请另建一个空数据库。".into()
        }
        S::DatabaseDamaged => {
            "数据库中的 meta 表已损坏，或不是本程序的。请在 data.postgres_url 中指定另一个数据库，或恢复备份。".into()
        }
        S::Conflict => "刚好有别的改动同时发生，没有做成。请再试一次。".into(),
        S::Unavailable(said) => {
            format!("数据暂时不能读写，没有任何改动。请稍后再试，并检查磁盘空间或数据库。（{said}）")
        }
        S::Impossible(said) => format!(
            "这一步做不成：内容过大，或密封的内容已损坏。没有任何改动，重试也没有用。请运行 tongxin verify 核对数据，并保留这条信息。（{said}）"
        ),
        S::Failed(said) => {
            format!("数据读写出错，已停止。请检查磁盘，再运行 tongxin verify 核对数据。（{said}）")
        }
        S::KeysInUse(path) => {
            format!("密钥文件 {path} 正由另一个进程使用。请先停止那个进程。")
        }
        S::KeyMissing(path) => format!(
            "密钥文件 {path} 不见了，另一个还在。请把它恢复到原处；没有它，密封的内容无法读取。"
        ),
        S::NotAKeyFile { path, said } => {
            format!("{path} 不是本程序的密钥文件。请恢复原来的密钥目录。（{said}）")
        }
        S::NoKeys { place, keys } => format!(
            "{}里有数据，但 {keys} 里没有密钥或密钥不全，群友写下的内容将无法读取。请恢复密钥目录，或用 data.keys 指定正确的目录。",
            place.say(l)
        ),
        S::ForeignKeys(keys) => format!(
            "{keys} 里的密钥与这些数据不配套，群友写下的内容将无法读取。请恢复原来的密钥目录，或用 data.keys 指定它；没有任何改动。"
        ),
        S::KeysOfOtherData { place, keys } => format!(
            "{}里没有任何数据，而 {keys} 里的密钥已经为别的数据密封过内容。请核对存放数据的磁盘是否已挂载，data.dir 或数据库是否正确；如要从头开始，请用 data.keys 另指定一个空目录。密钥没有改动。",
            place.say(l)
        ),
        S::SealedDamaged(said) => format!("密封的内容已损坏，或不是在这里密封的。（{said}）"),
        S::NotEmpty(place) => format!("{}里已有数据，请导入到空的地方。", place.say(l)),
        S::AnotherBegun { place, importing } => another_begun_zh(&place.say(l), importing.as_deref()),
        S::ImportUnderway => "另一个导入正在写入同一个数据库。请等它结束。".into(),
        S::ExportLine { line, what } => format!("第 {line} 行：{}", export_zh(what)),
        S::ExportUnreadable(why) => format!("导出文件无法读写：{}。", why.say(l)),
    }
}

fn another_begun_zh(place: &str, importing: Option<&str>) -> String {
    let deleted = importing.map(|importing| format!("删除 {importing}"));
    let anew = deleted.unwrap_or_else(|| "另建一个空数据库".to_owned());
    format!("{place}里有另一个文件的导入没有完成。请改用那个文件继续；如要重新开始，请{anew}。")
}

const fn advice_zh(advice: AdviceSays) -> &'static str {
    match advice {
        AdviceSays::LetIn => {
            "请核对 data.postgres_url 中的用户名和密码，并确认服务器允许本机连接（pg_hba.conf）。"
        }
        AdviceSays::Make => {
            "请先建立这个数据库（CREATE DATABASE），或在 data.postgres_url 中指定另一个。"
        }
        AdviceSays::Grant => "请授予该用户建表的权限：GRANT CREATE ON SCHEMA public。",
        AdviceSays::Encrypt => {
            "请在服务器上启用 TLS，或用 data.postgres_ca 指定其证书；若网络可信，可将 data.postgres_tls 设为 \"off\"。"
        }
        AdviceSays::Primary => "请在 data.postgres_url 中指定主库；可以写多台主机，用逗号分隔。",
        AdviceSays::Reach => "请核对 data.postgres_url，并确认服务器已启动、本机能够连接。",
    }
}

fn export_zh(what: &ExportSays) -> String {
    match what {
        ExportSays::NoExport => "这不是“tongxin export”写出的文件。请核对文件。".into(),
        ExportSays::Format { found, known } => {
            format!("导出文件的格式版本是 {found}，本程序只认识 {known}。请换用写出它的程序。")
        }
        ExportSays::Cut => "文件不完整，后面缺了一段。请重新复制，或换用另一份备份。".into(),
        ExportSays::Altered => "前面的内容被改动过（SHA-256 不符）。请换用另一份备份。".into(),
        ExportSays::Other(said) => format!("内容无法识别，请换用另一份备份。（{said}）"),
    }
}

//! Why the system refused something.

use crate::model::Lang;
use crate::text::Speak;
use std::io::{Error, ErrorKind};

/// Why the system refused something: in our words where the reason is a common one, in its own otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemSays {
    /// What kind of reason it is.
    pub kind: ErrorKind,
    /// What the system said.
    pub said: String,
}

impl From<&Error> for SystemSays {
    fn from(error: &Error) -> Self {
        Self { kind: error.kind(), said: error.to_string() }
    }
}

impl Speak for SystemSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self.kind).map_or_else(|| self.said.clone(), str::to_owned),
            Lang::En => self.said.clone(),
        }
    }
}

/// The reasons that operators meet; the system has many more.
const fn zh(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::NotFound => "文件或目录不存在",
        ErrorKind::PermissionDenied => "没有权限",
        ErrorKind::AlreadyExists => "已经存在",
        ErrorKind::AddrInUse => "地址或端口已被占用",
        ErrorKind::AddrNotAvailable => "本机没有这个地址",
        ErrorKind::ConnectionRefused => "连接被拒绝",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            "连接中断"
        }
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "网络不通",
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "等候超时",
        ErrorKind::StorageFull => "磁盘已满",
        ErrorKind::QuotaExceeded => "超出磁盘配额",
        ErrorKind::ReadOnlyFilesystem => "文件系统是只读的",
        ErrorKind::IsADirectory => "这是一个目录，不是文件",
        ErrorKind::NotADirectory => "路径中有一段不是目录",
        ErrorKind::UnexpectedEof => "内容提前结束",
        ErrorKind::OutOfMemory => "内存不足",
        _ => return None,
    })
}

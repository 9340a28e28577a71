//! What a group's page says of notifications by the reader's browser.

use crate::model::Lang;
use crate::text::Speak;

/// A label or sentence about notifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotifySays {
    /// The button that begins them.
    Start,
    /// The button that ends them.
    Stop,
    /// What they are, and who cannot have them.
    Note,
    /// It is being done.
    Working,
    /// They have begun.
    Started,
    /// They have ended.
    Stopped,
    /// The browser does not allow it.
    Denied,
    /// Too many ask from one place.
    Busy,
    /// The browser's push service is not one that is used here, or does not take it.
    Unfit,
    /// The browser's push service was not reached.
    Unreached,
    /// Something else failed.
    Failed,
    /// A phone that notifies only for pages on its home screen.
    Home,
    /// The first notification: of the page with this title.
    Greeting(String),
    /// What is kept of a browser.
    Kept,
}

impl NotifySays {
    /// What the script shows, by the names under which it finds them.
    pub const SHOWN: [(&'static str, Self); 11] = [
        ("start", Self::Start),
        ("stop", Self::Stop),
        ("working", Self::Working),
        ("started", Self::Started),
        ("stopped", Self::Stopped),
        ("denied", Self::Denied),
        ("busy", Self::Busy),
        ("unfit", Self::Unfit),
        ("unreached", Self::Unreached),
        ("failed", Self::Failed),
        ("home", Self::Home),
    ];
}

impl Speak for NotifySays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &NotifySays) -> String {
    use NotifySays as S;
    match says {
        S::Start => "订阅通知",
        S::Stop => "停止通知",
        S::Note => {
            "本页有新内容时，由浏览器提醒您，点开即是全文；不需要手机号和账号。在中国大陆，Chrome（尤其是安卓手机上的）依靠的谷歌推送服务（FCM）连不上，收不到通知，请改用页脚的 RSS。"
        }
        S::Working => "请稍候……",
        S::Started => "已订阅：刚才应收到一条通知。再按一次按钮即可停止。",
        S::Stopped => "已停止，今后不再通知。",
        S::Denied => "浏览器不允许本站发送通知：请在浏览器的网站设置里允许后再试。",
        S::Busy => "此处刚才订阅的人太多，请过十分钟再试。",
        S::Unfit => "没有订阅成功：本站不使用这个浏览器的推送服务，或它不接受。请换一个浏览器，或用页脚的 RSS。",
        S::Unreached => "没有订阅成功：目前连不上这个浏览器的推送服务。请换一个浏览器，或用页脚的 RSS。",
        S::Failed => "没有成功，请稍后再试。",
        S::Home => "要在这台设备上收到通知，请先用“分享”菜单把本页添加到主屏幕，再从主屏幕打开。",
        S::Greeting(title) => {
            return format!("通知已开通：“{title}”有新内容时会这样提醒您。在页面上可以随时停止。");
        }
        S::Kept => {
            "请浏览器通知的，只加密保存推送服务给的地址，不知道您是谁；停止通知，地址即被销毁。"
        }
    }
    .to_owned()
}

fn en(says: &NotifySays) -> String {
    use NotifySays as S;
    match says {
        S::Start => "Notify me",
        S::Stop => "Stop notifying me",
        S::Note => {
            "Your browser tells you when something is new on this page, and opens the whole of it; no phone number, no account. In mainland China Google's push service (FCM), on which Chrome depends (on Android above all), cannot be reached: use the RSS below instead."
        }
        S::Working => "One moment …",
        S::Started => "You will be notified: a first notification should be there. Press the button again to stop.",
        S::Stopped => "Stopped: there will be no more notifications.",
        S::Denied => "The browser does not let this site notify you. Allow it in the browser's settings for this site, and try again.",
        S::Busy => "Many people have just asked for this from where you are. Try again in ten minutes.",
        S::Unfit => "It did not work: this site does not use your browser's push service, or that does not take it. Try another browser, or use the RSS below.",
        S::Unreached => "It did not work: your browser's push service cannot be reached at present. Try another browser, or use the RSS below.",
        S::Failed => "It did not work. Please try again later.",
        S::Home => "To be notified on this device, first add this page to the home screen from the share menu, and open it from there.",
        S::Greeting(title) => {
            return format!("Notifications are on: this is how you hear of what is new on “{title}”. You can stop them on the page at any time.");
        }
        S::Kept => {
            "Of a browser that is to be notified only the address that its push service gave it is kept, sealed; we do not know whose it is. When you stop, it is destroyed."
        }
    }
    .to_owned()
}

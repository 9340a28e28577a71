//! What is wrong with the settings of a group's robot.

use crate::model::Lang;
use crate::text::Speak;

/// What is wrong with the settings of a group's robot. It is said behind the place and the key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum RobotSays {
    NoToken,
    NotAToken,
    NotItsHost,
    /// News cards on a robot of a group that has none.
    NewsOfWecom,
}

impl Speak for RobotSays {
    fn say(&self, lang: Lang) -> String {
        let words = match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        };
        words.to_owned()
    }
}

const fn zh(says: &RobotSays) -> &'static str {
    use RobotSays as S;
    match says {
        S::NoToken => {
            "缺少机器人的地址：请在群设置里复制机器人的 Webhook 地址，填在这里，或用 token_file 指定文件，或用环境变量 TONGXIN__ACCOUNT__名称__TOKEN"
        }
        S::NotAToken => {
            "不是这个平台的群机器人地址，也不是其中的密钥：请在群设置里重新复制完整的 Webhook 地址"
        }
        S::NotItsHost => {
            "不是这个平台的网址：请重新复制完整的 Webhook 地址；平台在别的地址（如内网代理、私有部署）的，另用 api_url 写明"
        }
        S::NewsOfWecom => "群机器人里只有企业微信的能发图文卡片；这里请写 \"words\"，或去掉这一行",
    }
}

const fn en(says: &RobotSays) -> &'static str {
    use RobotSays as S;
    match says {
        S::NoToken => {
            "is missing; copy the robot's webhook address from the group's settings, and give it here, as token_file, or as a variable TONGXIN__ACCOUNT__NAME__TOKEN"
        }
        S::NotAToken => {
            "is neither the address of a robot of this platform nor the key in it; copy the whole webhook address from the group's settings"
        }
        S::NotItsHost => {
            "is not at a host of this platform's; copy the whole webhook address again, or, where the platform is reached at an address of your own, name that in api_url"
        }
        S::NewsOfWecom => {
            "is for WeCom's alone among the robots of groups: write \"words\", or leave it out"
        }
    }
}

//! What the demo prints: the addresses to open, and what to try.

use crate::model::Lang;
use crate::text::Speak;

/// What the demo prints when it is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoSays {
    /// The base of its pages.
    pub url: String,
    /// The secret of the editor's seat.
    pub editor: String,
    /// The secret of the reviewer's seat.
    pub reviewer: String,
    /// The secret of the lead's seat.
    pub lead: String,
    /// Where its data are.
    pub dir: String,
}

impl Speak for DemoSays {
    fn say(&self, lang: Lang) -> String {
        let Self { url, editor, reviewer, lead, dir } = self;
        match lang {
            Lang::Zh => format!(
                "同心 演示（数据目录：{dir}）

  读者　　{url}/g/neighbours
  编辑　　{url}/seat/{editor}
  审阅人　{url}/seat/{reviewer}
  签批人　{url}/seat/{lead}

  试一试：
  1. 打开读者页面：每 20 秒推送一期便民信息，直到没有新内容。
  2. 在任意一条推送下面写下建议并提交，记下编号和查询码。
  3. 打开审阅人页面，认领、受理、答复；再到 {url}/r 用编号和查询码查看答复。
  4. 打开编辑页面，发送：
     /写稿 政策解读
     标题
     正文
     看过预览后按“立即推送”。
  按 Ctrl-C 停止；再次运行会接着上次继续，不会重复推送。"
            ),
            Lang::En => format!(
                "Tongxin demo (data in {dir})

  Reader    {url}/g/neighbours
  Editor    {url}/seat/{editor}
  Reviewer  {url}/seat/{reviewer}
  Lead      {url}/seat/{lead}

  Try this:
  1. Open the reader's page: a digest is pushed every 20 seconds, until nothing new is left.
  2. Write a suggestion under any push, submit it, and note the number and the code.
  3. Open the reviewer's page: claim, accept, answer. Then read the answer at {url}/r with number and code.
  4. Open the editor's page and send:
     /post policy
     Title
     Text
     Look at the preview, then press “Push now”. (/language English first, for English.)
  Ctrl-C stops it; started again it goes on where it was, and pushes nothing twice."
            ),
        }
    }
}

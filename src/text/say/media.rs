//! What is said about pictures and files.

use crate::model::{Enclosed, Lang, Media, MediaClass};
use crate::text::Speak;

/// Why a picture or file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum MediaRefusal {
    Kind,
    Damaged,
    OddShape,
    PictureTooLarge,
    FileTooLarge,
    TooMany,
    /// The platform did not give it out.
    NotFetched,
    Gone,
    /// A part of an album that answers nothing.
    Album,
    /// There is nothing that could be taken away.
    Nothing,
}

impl Speak for MediaRefusal {
    fn say(&self, lang: Lang) -> String {
        let (picture, file) = (Media::PICTURE_MAX >> 20, Media::FILE_MAX >> 20);
        let most = Enclosed::MOST;
        match (self, lang) {
            (Self::Kind, Lang::Zh) => "这种文件不能随稿件发布。可以用 JPEG、PNG 图片，PDF，以及不带宏的 Word、Excel、PowerPoint 文件（docx、xlsx、pptx）。手机照片请作为“照片”发送，不要作为文件发送。".into(),
            (Self::Kind, Lang::En) => "A post cannot carry this kind of file. JPEG and PNG pictures, PDF, and Word, Excel and PowerPoint files without macros (docx, xlsx, pptx) can be used. Send photos as photos, not as files.".into(),
            (Self::Damaged, Lang::Zh) => "这张图片不完整或已损坏，没有保存。请重新导出后再发。".into(),
            (Self::Damaged, Lang::En) => "This picture is damaged or incomplete, and was not kept. Export it again and send it once more.".into(),
            (Self::OddShape, Lang::Zh) => "这张图片太大或太狭长：宽高之和不能超过 10000 像素，长边不能超过短边的 20 倍。请裁剪或缩小后再发。".into(),
            (Self::OddShape, Lang::En) => "This picture is too large or too narrow: its width and height together must not exceed 10000 pixels, nor one of them 20 times the other. Cut or scale it and send it again.".into(),
            (Self::PictureTooLarge, Lang::Zh) => format!("图片不能超过 {picture} MB。请缩小后再发；在 Telegram 里作为“照片”而不是文件发送即可。"),
            (Self::PictureTooLarge, Lang::En) => format!("A picture may have {picture} MB at most. Scale it down and send it again; on Telegram, send it as a photo and not as a file."),
            (Self::FileTooLarge, Lang::Zh) => format!("文件不能超过 {file} MB。请压缩后再发，或把文件放到网上，在正文里写链接。"),
            (Self::FileTooLarge, Lang::En) => format!("A file may have {file} MB at most. Make it smaller and send it again, or put it on a site and write its link into the text."),
            (Self::TooMany, Lang::Zh) => format!("一篇稿件最多带 {most} 个图片和文件。"),
            (Self::TooMany, Lang::En) => format!("A post carries {most} pictures and files at most."),
            (Self::NotFetched, Lang::Zh) => "没能从平台取到图片或文件，稿件没有改动。请稍后再发一次。".into(),
            (Self::NotFetched, Lang::En) => "The picture or file could not be fetched from the platform, and the post was not changed. Send it again later.".into(),
            (Self::Gone, Lang::Zh) => "这个图片或文件已不在，稿件没有改动。请重新发送。".into(),
            (Self::Gone, Lang::En) => "This picture or file is not there any more, and the post was not changed. Send it again.".into(),
            (Self::Album, Lang::Zh) => "相册里的其他图片没有收进稿件。请逐张回复预览下方的消息来添加。".into(),
            (Self::Album, Lang::En) => "The other pictures of the album were not put into the post. Add them one by one, by answering the message below the preview.".into(),
            (Self::Nothing, Lang::Zh) => "这篇稿件没有图片和文件。".into(),
            (Self::Nothing, Lang::En) => "This post carries no pictures or files.".into(),
        }
    }
}

/// What stands in the words for something that is shown elsewhere: a label for its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnclosedSays<'a>(pub &'a Enclosed);

impl Speak for EnclosedSays<'_> {
    fn say(&self, lang: Lang) -> String {
        let (it, called) = (self.0, self.0.called().trim());
        match (it.class(), lang) {
            (MediaClass::Picture, Lang::Zh) if called.is_empty() => "［图片］".into(),
            (MediaClass::Picture, Lang::En) if called.is_empty() => "[Picture]".into(),
            (MediaClass::Picture, Lang::Zh) => format!("［图片］{called}"),
            (MediaClass::Picture, Lang::En) => format!("[Picture] {called}"),
            (MediaClass::File, Lang::Zh) => format!("［文件］{called}（{}）", size(it.size)),
            (MediaClass::File, Lang::En) => format!("[File] {called} ({})", size(it.size)),
        }
    }
}

/// A number of bytes as people read it.
fn size(bytes: u32) -> String {
    let tenths = u64::from(bytes) * 10 / (1 << 20);
    if tenths >= 10 {
        format!("{}.{} MB", tenths / 10, tenths % 10)
    } else {
        format!("{} KB", bytes.div_ceil(1024))
    }
}

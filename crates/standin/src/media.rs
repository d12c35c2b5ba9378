//! The media that is played: which formats a video has, and files for them, made by ffmpeg when they
//! are first needed and kept.

mod content;
mod ffmpeg;
mod format;
mod library;
mod recipe;

pub(crate) use content::{Content, ContentReader, zeros};
pub(crate) use format::{Codecs, Format, formats_of};
pub(crate) use library::MediaLibrary;
pub(crate) use recipe::Clip;

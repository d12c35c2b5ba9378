//! The request's options, checked: what is wrong is named field by field.

use common_types::{
    FieldError,
    batch::BatchRequest,
    download::DownloadRequest,
    media::{Format, MediaOptions, Quality, SponsorBlockCategory, SubtitleOptions},
    playlist::PlaylistRequest,
};
use service_kit::{ApiError, ApiResult};

const MAX_LANGUAGES: usize = 10;
const MAX_TAG_CHARS: usize = 20;

/// The options of a request, whichever kind of request it is.
pub(crate) struct Asked<'a> {
    pub(crate) format: Option<Format>,
    pub(crate) quality: Option<Quality>,
    pub(crate) subtitles: Option<&'a SubtitleOptions>,
    pub(crate) embed_metadata: Option<bool>,
    pub(crate) sponsorblock_remove: Option<&'a [SponsorBlockCategory]>,
}

macro_rules! asks {
    ($($request:ty),*) => {
        $(impl<'a> From<&'a $request> for Asked<'a> {
            fn from(request: &'a $request) -> Self {
                Self {
                    format: request.format,
                    quality: request.quality,
                    subtitles: request.subtitles.as_ref(),
                    embed_metadata: request.embed_metadata,
                    sponsorblock_remove: request.sponsorblock_remove.as_deref(),
                }
            }
        })*
    };
}
asks!(DownloadRequest, BatchRequest, PlaylistRequest);

/// The options that a request asks for, with defaults filled in.
///
/// # Errors
/// `invalid_request`, with every wrong field.
pub(crate) fn checked<'a>(asked: impl Into<Asked<'a>>) -> ApiResult<MediaOptions> {
    let asked = asked.into();
    let format = asked.format.unwrap_or(Format::Mp4);
    let quality = asked.quality.unwrap_or(Quality::Best);
    let mut errors = Vec::new();
    if !quality.fits(format) {
        let detail = format!("The quality {quality} is a bit rate, which {format} does not have.");
        errors.push(FieldError::new("/quality", detail));
    }
    errors.extend(asked.subtitles.map(wrong_languages).unwrap_or_default());
    if !errors.is_empty() {
        return Err(ApiError::invalid_fields(errors));
    }
    let mut sponsorblock_remove = Vec::new();
    for category in asked.sponsorblock_remove.unwrap_or_default() {
        if !sponsorblock_remove.contains(category) {
            sponsorblock_remove.push(*category);
        }
    }
    Ok(MediaOptions {
        format,
        quality,
        subtitles: asked.subtitles.cloned(),
        embed_metadata: asked.embed_metadata.unwrap_or_default(),
        sponsorblock_remove,
    })
}

fn wrong_languages(subtitles: &SubtitleOptions) -> Vec<FieldError> {
    let pointer = "/subtitles/languages";
    let count = subtitles.languages.len();
    if count == 0 || count > MAX_LANGUAGES {
        let detail = format!("Between one and {MAX_LANGUAGES} languages can be asked for.");
        return vec![FieldError::new(pointer, detail)];
    }
    let wrong = subtitles.languages.iter().enumerate().filter(|(_, tag)| !is_language_tag(tag));
    wrong
        .map(|(index, _)| {
            FieldError::new(
                format!("{pointer}/{index}"),
                "This is not a language tag such as `en`.",
            )
        })
        .collect()
}

/// The shape of a BCP 47 tag, which is all that may reach the engine.
fn is_language_tag(tag: &str) -> bool {
    let is_subtag = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let first_is_alphabetic = tag.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    tag.len() <= MAX_TAG_CHARS && first_is_alphabetic && tag.split('-').all(is_subtag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(json: &str) -> DownloadRequest {
        service_kit::json::parse(json.as_bytes()).unwrap()
    }

    fn pointers(json: &str) -> Vec<String> {
        let error = checked(&request(json)).unwrap_err();
        error.problem().errors.iter().map(|error| error.pointer.clone()).collect()
    }

    #[test]
    fn what_is_not_said_is_the_default() {
        assert_eq!(checked(&request("{\"url\":\"x\"}")).unwrap(), MediaOptions::default());
    }

    #[test]
    fn a_bit_rate_is_asked_only_of_audio() {
        assert_eq!(pointers("{\"url\":\"x\",\"quality\":\"320k\"}"), ["/quality"]);
        assert!(
            checked(&request("{\"url\":\"x\",\"format\":\"mp3\",\"quality\":\"320k\"}")).is_ok()
        );
    }

    #[test]
    fn only_language_tags_reach_the_engine() {
        for bad in ["", "--exec", "en.*", "all,-live_chat", "e n", "toolongsubtag"] {
            let json =
                format!("{{\"url\":\"x\",\"subtitles\":{{\"languages\":[\"en\",\"{bad}\"]}}}}");
            assert_eq!(pointers(&json), ["/subtitles/languages/1"], "{bad}");
        }
        assert_eq!(
            pointers("{\"url\":\"x\",\"subtitles\":{\"languages\":[]}}"),
            ["/subtitles/languages"]
        );
    }
}

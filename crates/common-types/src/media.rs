//! What can be asked for (format, quality, options) and what a site offers (`info`).

use serde::{Deserialize, Serialize};

macro_rules! wire_enum {
    ($(#[doc = $doc:literal])* $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident = $slug:literal),* $(,)?
    }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $slug)] $variant),* }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug),* }
            }

            pub fn from_slug(slug: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.slug() == slug)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.slug())
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let description = concat!($($doc),*).trim_start();
                $crate::openapi::one_of(description, Self::ALL.iter().map(|value| value.slug()))
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}
pub(crate) use wire_enum;

wire_enum! {
    /// The container of the file that is asked for.
    Format { Mp4 = "mp4", Webm = "webm", Mkv = "mkv", Mp3 = "mp3", M4a = "m4a", Opus = "opus" }
}

wire_enum! {
    /// How good it should be: the best that is no higher; for audio formats also a bit rate.
    Quality {
        Best = "best", P2160 = "2160p", P1440 = "1440p", P1080 = "1080p", P720 = "720p",
        P480 = "480p", P360 = "360p", K320 = "320k", K192 = "192k", K128 = "128k",
    }
}

wire_enum! {
    /// The segments that SponsorBlock knows and can remove.
    SponsorBlockCategory {
        Sponsor = "sponsor", Intro = "intro", Outro = "outro", SelfPromo = "selfpromo",
        Preview = "preview", Filler = "filler", Interaction = "interaction",
        MusicOfftopic = "music_offtopic",
    }
}

impl Format {
    pub const fn is_audio(self) -> bool {
        matches!(self, Self::Mp3 | Self::M4a | Self::Opus)
    }

    /// The media type to serve a file of this format with.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Mp4 => "video/mp4",
            Self::Webm => "video/webm",
            Self::Mkv => "video/x-matroska",
            Self::Mp3 => "audio/mpeg",
            Self::M4a => "audio/mp4",
            Self::Opus => "audio/ogg",
        }
    }
}

impl Quality {
    /// The largest height in pixels that is asked for, where it is a height.
    pub const fn height(self) -> Option<u32> {
        match self {
            Self::P2160 => Some(2160),
            Self::P1440 => Some(1440),
            Self::P1080 => Some(1080),
            Self::P720 => Some(720),
            Self::P480 => Some(480),
            Self::P360 => Some(360),
            Self::Best | Self::K320 | Self::K192 | Self::K128 => None,
        }
    }

    /// The bit rate in kbit/s that is asked for, where it is one.
    pub const fn audio_kbps(self) -> Option<u32> {
        match self {
            Self::K320 => Some(320),
            Self::K192 => Some(192),
            Self::K128 => Some(128),
            _ => None,
        }
    }

    /// Whether this quality can be asked of `format`: a bit rate only of audio.
    pub const fn fits(self, format: Format) -> bool {
        self.audio_kbps().is_none() || format.is_audio()
    }
}

/// Which subtitles to fetch along; a missing one never fails the job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubtitleOptions {
    /// BCP 47 tags such as `en` or `pt-BR`.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 10))]
    pub languages: Vec<String>,
    /// Put them into the file where the container can hold them; else they are not kept.
    #[serde(default = "yes")]
    #[cfg_attr(feature = "openapi", schema(default = true))]
    pub embed: bool,
}

fn yes() -> bool {
    true
}

/// Everything that changes what a download yields, beyond its URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaOptions {
    pub format: Format,
    pub quality: Quality,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitles: Option<SubtitleOptions>,
    #[serde(default)]
    pub embed_metadata: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sponsorblock_remove: Vec<SponsorBlockCategory>,
}

impl Default for MediaOptions {
    fn default() -> Self {
        Self {
            format: Format::Mp4,
            quality: Quality::Best,
            subtitles: None,
            embed_metadata: false,
            sponsorblock_remove: Vec::new(),
        }
    }
}

/// `POST single/info`: what a site says of one video.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MediaInfo {
    pub success: bool,
    pub id: String,
    pub url: String,
    pub title: String,
    /// Seconds.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub duration: Option<f64>,
    /// A path of this origin.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub thumbnail: Option<String>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub uploader: Option<String>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub view_count: Option<u64>,
    /// `YYYY-MM-DD`.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub upload_date: Option<String>,
    pub is_live: bool,
    pub formats: FormatList,
    /// What may be asked for with an effect, best first: `best`, then the heights on offer.
    pub qualities: Vec<Quality>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playlist: Option<PlaylistLink>,
}

/// The playlist that a pasted link named beside the video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlaylistLink {
    pub id: String,
    pub url: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FormatList {
    pub video: Vec<MediaFormat>,
    pub audio: Vec<MediaFormat>,
}

/// One stream on offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MediaFormat {
    pub format_id: String,
    pub ext: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fps: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vcodec: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acodec: Option<String>,
    /// kbit/s of audio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abr: Option<f64>,
    /// kbit/s in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tbr: Option<f64>,
    /// Bytes; an estimate where the site gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filesize: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

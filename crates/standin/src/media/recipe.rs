//! How ffmpeg makes a file.

use super::format::{Codecs, Container, Itag};

/// What is seen and heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Clip {
    /// A test picture, wider than high, and a chord.
    Wide,
    /// The same, higher than wide.
    Tall,
    /// Half an hour of a minute again and again.
    HalfHour,
    /// Two hours of the same.
    TwoHours,
}

impl Clip {
    pub(crate) const fn duration_seconds(self) -> u32 {
        match self {
            Self::Wide | Self::Tall => 10,
            Self::HalfHour => 1_800,
            Self::TwoHours => 7_200,
        }
    }

    /// Whether it repeats a minute, with as few bytes as can be.
    pub(crate) const fn is_long(self) -> bool {
        matches!(self, Self::HalfHour | Self::TwoHours)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Tall => "tall",
            Self::HalfHour => "half-hour",
            Self::TwoHours => "two-hours",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Seconds that are encoded of a long clip; the rest repeats them.
const LOOPED_SECONDS: u32 = 60;
const CHORD: &str = "aevalsrc=\
    0.2*sin(2*PI*220*t)+0.12*sin(2*PI*277.18*t)*sin(PI*t)|\
    0.2*sin(2*PI*220*t)+0.12*sin(2*PI*329.63*t)*sin(PI*t)";

#[derive(Clone, Copy, Debug)]
pub(crate) struct Recipe {
    pub(crate) itag: Itag,
    pub(crate) clip: Clip,
}

impl Recipe {
    pub(crate) const fn new(itag: Itag, clip: Clip) -> Self {
        Self { itag, clip }
    }

    /// The name under which the file is kept.
    pub(crate) fn file_name(&self) -> String {
        let extension = match self.container() {
            Container::Mp4 => "mp4",
            Container::M4a => "m4a",
            Container::Webm => "webm",
        };
        format!("{}-{}.{extension}", self.clip.name(), self.itag.number)
    }

    pub(crate) const fn container(&self) -> Container {
        match self.itag.codecs {
            Codecs::H264 | Codecs::H264Aac => Container::Mp4,
            Codecs::Aac => Container::M4a,
            Codecs::Vp9 | Codecs::Opus => Container::Webm,
        }
    }

    pub(crate) const fn picture(&self) -> Option<Picture> {
        let lines = self.itag.lines;
        // 480 lines are 854 columns: the encoders want even numbers.
        let long_side = (lines * 16 / 9).next_multiple_of(2);
        match self.clip {
            _ if lines == 0 => None,
            Clip::Tall => Some(Picture { width: lines, height: long_side }),
            Clip::Wide | Clip::HalfHour | Clip::TwoHours => {
                Some(Picture { width: long_side, height: lines })
            }
        }
    }

    /// Bytes that surely hold the file: its bit rate and some more, and room for the index.
    ///
    /// Sizes are announced before a file was ever made, and stay the same with any encoder.
    pub(crate) fn natural_size_bytes(&self) -> u64 {
        let seconds = u64::from(self.clip.duration_seconds());
        let kbps = u64::from(self.itag.video_kbps + self.itag.audio_kbps);
        let index = if self.clip.is_long() { seconds * 1_500 } else { 40_000 };
        // The VP9 encoder overshoots most where it has few pictures to make good.
        let percent = if self.itag.codecs == Codecs::Vp9 { 150 } else { 120 };
        kbps * 125 * seconds * percent / 100 + index
    }

    /// The arguments for ffmpeg, all but the file to write.
    pub(crate) fn encode_args(&self) -> Vec<String> {
        let mut args = Vec::new();
        if let Some(Picture { width, height }) = self.picture() {
            let fps = self.itag.fps;
            push(&mut args, "-f lavfi -i");
            args.push(format!("testsrc2=size={width}x{height}:rate={fps}"));
        }
        if self.itag.audio_kbps > 0 {
            push(&mut args, "-f lavfi -i");
            args.push(format!("{CHORD}:s={}", self.sample_rate()));
        }
        push(&mut args, &format!("-t {}", self.encoded_seconds()));
        self.push_codecs(&mut args);
        self.push_container(&mut args);
        args
    }

    /// The arguments that repeat `minute` to the full length, where the clip is such a one.
    pub(crate) fn repeat_args(&self, minute: &str) -> Option<Vec<String>> {
        if !self.clip.is_long() {
            return None;
        }
        let mut args = Vec::new();
        push(&mut args, "-stream_loop -1 -i");
        args.push(minute.to_owned());
        push(&mut args, &format!("-t {} -c copy", self.clip.duration_seconds()));
        self.push_container(&mut args);
        Some(args)
    }

    pub(crate) const fn sample_rate(&self) -> u32 {
        match self.itag.codecs {
            Codecs::Opus => 48_000,
            _ => 44_100,
        }
    }

    fn encoded_seconds(&self) -> u32 {
        self.clip.duration_seconds().min(LOOPED_SECONDS)
    }

    fn push_codecs(&self, args: &mut Vec<String>) {
        let (video, audio) = (self.itag.video_kbps, self.itag.audio_kbps);
        match self.itag.codecs {
            Codecs::H264 => self.push_h264(args, video),
            Codecs::H264Aac => {
                self.push_h264(args, video);
                push(args, &format!("-c:a aac -b:a {audio}k"));
            }
            Codecs::Vp9 => self.push_vp9(args, video),
            Codecs::Aac => push(args, &format!("-c:a aac -b:a {audio}k")),
            Codecs::Opus => push(args, &format!("-c:a libopus -b:a {audio}k")),
        }
    }

    fn push_h264(&self, args: &mut Vec<String>, kbps: u32) {
        // Filler to a constant rate: the files are as large as real ones, whatever the picture.
        push(args, "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -x264-params nal-hrd=cbr");
        push(args, &format!("-b:v {kbps}k -maxrate {kbps}k -bufsize {kbps}k -g {}", self.itag.fps));
    }

    fn push_vp9(&self, args: &mut Vec<String>, kbps: u32) {
        push(args, "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -row-mt 1 -pix_fmt yuv420p");
        push(args, &format!("-b:v {kbps}k -minrate {kbps}k -maxrate {kbps}k -g {}", self.itag.fps));
    }

    fn push_container(&self, args: &mut Vec<String>) {
        match self.container() {
            Container::Mp4 => push(args, "-movflags +faststart -f mp4"),
            // ffmpeg's own `ipod` marks the file as M4A, as YouTube's are not.
            Container::M4a => push(args, "-vn -movflags +faststart -f mp4"),
            Container::Webm => push(args, "-f webm"),
        }
    }
}

fn push(args: &mut Vec<String>, words: &str) {
    args.extend(words.split(' ').map(str::to_owned));
}

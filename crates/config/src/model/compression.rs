//! `compression` and its filters (chapters 4.2 and 9.2), and what the process spends on them (chapter 3.2).

use http::compress::{Algorithm, LEVEL_MAX};

/// What a proxy says about compressing bodies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compression {
    /// Of requests, on their way to the server.
    pub request: CompressedWay,
    /// Of responses, on their way to the client.
    pub response: CompressedWay,
    /// `offload`: servers do not learn what the client can decode.
    pub is_offload: bool,
}

/// The same for one way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompressedWay {
    /// Whether the proxy has the filter that does it, by its own line or without one.
    pub has_filter: bool,
    /// `direction`.
    pub is_wanted: bool,
    /// `algo-req` and `algo-res`, the last one first. A request is compressed by the first.
    pub algorithms: Vec<Algorithm>,
    /// `type-req` and `type-res`: how the types begin; none: all.
    pub types: Vec<Box<[u8]>>,
    /// `minsize-req` and `minsize-res`, in bytes; 0: any size.
    pub bytes_min: u64,
}

impl Compression {
    /// As the first `compression` line makes it.
    #[must_use]
    pub fn of_responses() -> Compression {
        let response = CompressedWay { is_wanted: true, ..CompressedWay::default() };
        Compression { response, ..Compression::default() }
    }
}

/// What the process spends on compression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompressionLimits {
    /// `maxcomprate`, in bytes; 0: no limit.
    pub bytes_per_second_max: u32,
    /// `maxcompcpuusage`: how much of their time the workers may compute, in percent.
    pub busy_percent_max: u8,
    /// `tune.comp.maxlevel`, from 1 to [`LEVEL_MAX`].
    pub level_max: u8,
    /// `tune.zlib.windowsize`: the logarithm of how far back a coder looks, one of [`http::compress::WINDOW_BITS`].
    pub window_bits: u8,
    /// `maxzlibmem`, in bytes; 0: no limit.
    pub memory_bytes_max: u64,
}

impl CompressionLimits {
    /// The levels that can be asked for.
    pub const LEVELS: std::ops::RangeInclusive<i64> = 1..=LEVEL_MAX as i64;
}

impl Default for CompressionLimits {
    fn default() -> Self {
        CompressionLimits {
            bytes_per_second_max: 0,
            busy_percent_max: 100,
            level_max: 1,
            window_bits: 15,
            memory_bytes_max: 0,
        }
    }
}

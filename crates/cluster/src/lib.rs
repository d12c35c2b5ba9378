//! What the processes of one installation tell each other, and count together: within one process
//! by itself, between processes through Redis.
//!
//! It owns the connection to Redis and what happens while there is none. It must never know what a
//! message means or who is counted. Nothing in Redis is the truth about anything: losing all of it
//! costs a few messages, which listeners are told of, and lets limits begin anew.

mod address;
mod bus;
mod limiter;
mod link;
mod local_limiter;
mod redis_bus;
mod redis_limiter;

pub use address::{RedisAddress, RedisAddressError};
pub use bus::{Bus, Heard, LocalBus};
pub use limiter::{RateLimiter, Standing};
pub use link::ping;
pub use local_limiter::LocalLimiter;
pub use redis_bus::RedisBus;
pub use redis_limiter::RedisLimiter;

use serde_json::Value;

use crate::fixture::{Caller::Token, Fixture};

#[actix_web::test]
async fn accounts_tokens_and_revocations_survive_a_restart() {
    let fixture = Fixture::start().await;
    let (_, kept) = fixture.member("ada").await;
    let ended = fixture.log_in("ada").await;
    fixture.post(Token(&ended), "logout", Value::Null).await;
    let fixture = fixture.restart().await;
    assert_eq!(fixture.revoked().await, [fixture.session_of(&ended).await]);
    for (token, is_valid) in [(&kept, true), (&ended, false)] {
        let verified = fixture.post(Token(token), "verify", Value::Null).await;
        assert_eq!(verified.body["valid"], is_valid);
    }
    fixture.log_in("ada").await;
}

"""What a worker keeps from one request to the next."""

from __future__ import annotations

import socket
import unittest

from magpie_engine.refusal import Refused
from magpie_engine.toolkit import Toolkit

from .test_words import request, settings

FIRST, SECOND = "http://one:secret@127.0.0.1:9", "http://two:secret@127.0.0.1:9"


class Network(unittest.TestCase):
    def test_what_was_opened_with_the_credentials_of_one_request_serves_no_other(self) -> None:
        toolkit = Toolkit(settings())
        director = toolkit.probe_session(request(proxy=FIRST))._request_director
        handler = director.handlers["Requests"]
        http = handler._get_instance(
            cookiejar=handler.cookiejar, legacy_ssl_support=handler.legacy_ssl_support
        )
        adapter = http.get_adapter("https://e/")
        adapter.proxy_manager_for(FIRST)
        again = toolkit.probe_session(request(proxy=FIRST))
        self.assertIs(again._request_director, director)
        self.assertEqual(list(adapter.proxy_manager), [FIRST])
        other = toolkit.probe_session(request(proxy=SECOND))
        self.assertIs(other._request_director, director)
        self.assertEqual(list(adapter.proxy_manager), [])
        for handler in director.handlers.values():
            self.assertEqual(handler.proxies, {"all": SECOND})

    def test_a_request_to_a_proxy_waits_for_no_acknowledgement(self) -> None:
        toolkit = Toolkit(settings())
        Toolkit(settings())
        handler = toolkit.probe_session(request(proxy=FIRST))._request_director.handlers["Requests"]
        http = handler._get_instance(
            cookiejar=handler.cookiejar, legacy_ssl_support=handler.legacy_ssl_support
        )
        with socket.create_server(("127.0.0.1", 0)) as server:
            proxy = "http://127.0.0.1:%d" % server.getsockname()[1]
            manager = http.get_adapter("https://e/").proxy_manager_for(proxy)
            connection = manager.connection_from_url("http://site.example/")._get_conn()
            connection.connect()
            prompt = connection.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            connection.close()
        self.assertEqual(prompt, 1)

    def test_what_yt_dlp_would_leave_to_ffmpeg_is_not_fetched(self) -> None:
        toolkit = Toolkit(settings())
        session = toolkit.probe_session(request(proxy=FIRST))
        manifest = '#EXTM3U\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI="key"\n#EXTINF:1,\ntcp://127.0.0.1:9\n'
        stream = {"id": "x", "url": "http://e/a.m3u8", "ext": "mp4", "format_id": "1"}
        stream |= {"protocol": "m3u8_native", "hls_media_playlist_data": manifest}
        for protocol in ("m3u8_native", "rtmp_ffmpeg"):
            with self.assertRaises(Refused) as refused:
                session.dl("x.mp4", {**stream, "protocol": protocol})
            self.assertEqual(refused.exception.reason, "encrypted")


if __name__ == "__main__":
    unittest.main()

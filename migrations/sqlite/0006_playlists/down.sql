DROP TABLE playlists;

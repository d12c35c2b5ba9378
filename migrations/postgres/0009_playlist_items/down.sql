DROP TABLE playlist_items;

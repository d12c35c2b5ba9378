DROP TABLE login_allowances;
